import { quote } from "../base/go/quote.ts";
import { fieldsOf, pairsOf, refuse, take } from "./pairs.ts";

/** A cache of `--cache-from`, `--cache-to` and bake's attributes of those names. */
export interface CacheEntry {
  readonly type: string;
  /** The daemon reads them. The client adds credentials from its environment. */
  readonly attrs: ReadonlyMap<string, string>;
}

/**
 * Reads `type=T,key=value…`, or references to images, separated by commas, each of which is an
 * entry. Throws `UsageError`, in buildx's words.
 */
export function parseCache(text: string): CacheEntry[] {
  if (!text.includes("=")) {
    // buildx reads each field as a text of its own.
    return fieldsOf(text).flatMap((field) => fieldsOf(field))
      .map((ref) => ({ type: "registry", attrs: new Map([["ref", ref]]) }));
  }
  const attrs = pairsOf(fieldsOf(text), (key) => key.toLowerCase());
  const type = take(attrs, "type");
  if (type === "") refuse(`type required for ${quote(text)}`);
  return [{ type, attrs }];
}

/** Reads each value of a flag; empty ones are skipped. Throws `UsageError`. */
export function parseCaches(texts: readonly string[]): CacheEntry[] {
  return texts.filter((text) => text !== "").flatMap(parseCache);
}
