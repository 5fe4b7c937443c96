import { quote } from "./quote.ts";

/** Go's `strconv.ParseBool`. Throws an Error with Go's words. */
export function parseBool(text: string): boolean {
  const value = readBool(text);
  if (value !== undefined) return value;
  throw new Error(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

/** Reads a boolean like `parseBool`, but gives undefined for any other text. */
export function readBool(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return undefined;
}
