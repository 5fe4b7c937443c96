import { parseBool } from "../base/go/bool.ts";
import { csvFields } from "../base/go/csv.ts";
import { quote } from "../base/go/quote.ts";
import { UsageError } from "../base/usage_error.ts";
import { cut } from "../base/cut.ts";

/**
 * Reads lines of CSV whose fields are `key=value`, as `--driver-opt` takes them. A later key wins.
 * Throws `UsageError`.
 */
export function csvPairs(lines: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const field of lines.flatMap((line) => fieldsOf(line, "", PAIRS))) {
    const [key, value] = cut(field, "=");
    pairs[key] = value ?? refuse(`invalid value ${quote(field)}, expecting k=v`, PAIRS);
  }
  return pairs;
}

const PAIRS =
  "write --driver-opt NAME=VALUE, and quotation marks around the whole pair if its value " +
  `has commas: --driver-opt '"NAME=A,B"'`;

/** The fields of one line of CSV. Throws `UsageError`. @param before the start of the message */
export function fieldsOf(text: string, before = "", hint?: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    return refuse(`${before}${(error as Error).message}`, hint);
  }
}

/** Fields as a map from `keyOf(key)` to the value. Throws `UsageError` for a field without `=`. */
export function pairsOf(
  fields: readonly string[],
  keyOf: (key: string) => string,
  hint?: string,
): Map<string, string> {
  return new Map(fields.map((field) => {
    const [key, value = refuse(`invalid value ${field}`, hint)] = cut(field, "=");
    return [keyOf(key), value];
  }));
}

/** Removes a key; its value, or an empty text where there was none. */
export function take(pairs: Map<string, string>, key: string): string {
  const value = pairs.get(key) ?? "";
  pairs.delete(key);
  return value;
}

/** A boolean in Go's spellings. Throws `UsageError`. @param field the field in the message */
export function boolOf(text: string, field: string, hint?: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    return refuse(`invalid value ${field}: ${(error as Error).message}`, hint);
  }
}

export function refuse(message: string, hint?: string): never {
  throw new UsageError(message, hint);
}
