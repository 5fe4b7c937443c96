/** Values that are written as a mapping or as a list of `K=V`. */
import { ComposeError } from "../error.ts";
import { isMapping, textOf, type Value } from "./value.ts";
import { cut } from "../../base/cut.ts";

/** Text by key; null for a key without value. Throws `ComposeError`. */
export function pairsOf(value: Value | undefined): Map<string, string | null> {
  const pairs = new Map<string, string | null>();
  if (isMapping(value)) {
    for (const [key, item] of value) pairs.set(key, item === null ? null : textOf(item));
  }
  for (const item of Array.isArray(value) ? value : []) {
    const text = textOf(item);
    const [key, value = null] = cut(text, "=");
    if (/\s$/.test(key)) {
      throw new ComposeError(`environment variable ${key} is declared with a trailing space`);
    }
    pairs.set(key, value);
  }
  return pairs;
}
