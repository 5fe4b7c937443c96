import { parseBool } from "../../base/go/bool.ts";
import { parseBytes } from "../../base/go/bytes.ts";
import { csvFields } from "../../base/go/csv.ts";
import { parseDuration } from "../../base/go/duration.ts";
import { quote } from "../../base/go/quote.ts";
import type { FlagKind, FlagTypes } from "./spec.ts";

/**
 * Reads one value of a flag. For arrays and slices, these are the values that one occurrence adds.
 * Throws an Error whose message is the reason alone, in Go's words.
 */
export const readers: { [Kind in FlagKind]: (text: string) => FlagTypes[Kind] } = {
  bool: parseBool,
  string: (text) => text,
  int: parseInteger,
  duration: (text) => Number(parseDuration(text)) / 1e6,
  bytes: parseBytes,
  array: (text) => [text],
  slice: (text) => text === "" ? [] : csvFields(text),
};

/** The value of a flag that has no default and wasn't typed. */
export const zeros: { readonly [Kind in FlagKind]: FlagTypes[Kind] } = {
  bool: false,
  string: "",
  int: 0,
  duration: 0,
  bytes: 0,
  array: [],
  slice: [],
};

/** Go's ParseInt of a number in any base: `0x10`, `0o7`, `012` and `0b1` are numbers, too. */
function parseInteger(text: string): number {
  const value = /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[0-9]+)$/.test(text)
    ? Number(text.replace(/^([-+]?)0([0-7]+)$/, "$10o$2").replace(/^\+/, ""))
    : NaN;
  if (Number.isSafeInteger(value)) return value;
  const reason = Number.isNaN(value) ? "invalid syntax" : "value out of range";
  throw new Error(`strconv.ParseInt: parsing ${quote(text)}: ${reason}`);
}
