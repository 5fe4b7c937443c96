/** Values that are written as a mapping or as a list of `K=V`. */
import { ComposeError } from "../error.ts";
import { isMapping, textOf, type Value } from "./value.ts";

/** Text by key; null for a key without value. Throws `ComposeError`. */
export function pairsOf(value: Value | undefined): Map<string, string | null> {
  const pairs = new Map<string, string | null>();
  if (isMapping(value)) {
    for (const [key, item] of value) pairs.set(key, item === null ? null : textOf(item));
  }
  for (const item of Array.isArray(value) ? value : []) {
    const text = textOf(item);
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (/\s$/.test(key)) {
      throw new ComposeError(`environment variable ${key} is declared with a trailing space`);
    }
    pairs.set(key, equals < 0 ? null : text.slice(equals + 1));
  }
  return pairs;
}
