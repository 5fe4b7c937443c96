import { byKey } from "../../by_key.ts";
import { htmlText, jsText, urlText } from "./escapes.ts";
import { goSprint, goSprintf, goText } from "./print.ts";
import {
  compare,
  isEqual,
  isTrue,
  itemOf,
  lengthOf,
  sliceOf,
  typeName,
  wholeNumber,
} from "./values.ts";

/** A function of templates. Throws a plain Error with the reason. */
export type TemplateFunction = (...args: readonly unknown[]) => unknown;

/**
 * Go's own functions, and docker's: json, split, join, title, lower, upper, pad, truncate. `and`
 * and `or` evaluate their arguments one by one, so `template.ts` implements them.
 */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  json: (value) => JSON.stringify(value ?? null, (_, item) => jsonItem(item)),
  split: (value, by) => text(value).split(text(by)),
  join: (list, by) => items(list).map((item) => goText(item)).join(text(by)),
  title: (value) =>
    text(value).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (match) => match.toUpperCase()),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  pad: (value, before, after) =>
    text(value) === ""
      ? ""
      : " ".repeat(wholeNumber(before)) + text(value) + " ".repeat(wholeNumber(after)),
  truncate: (value, length) =>
    sliceOf(text(value), 0, Math.min(wholeNumber(length), lengthOf(text(value)))),

  print: (...args) => goSprint(args),
  println: (...args) => args.map((arg) => goText(arg ?? null)).join(" ") + "\n",
  printf: (format, ...args) => goSprintf(text(format), args),
  html: (...args) => htmlText(goSprint(args)),
  js: (...args) => jsText(goSprint(args)),
  urlquery: (...args) => urlText(goSprint(args)),
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(itemOf, value),
  slice: (value, from, to) => sliceOf(value, from as number, to as number),
  call: (value) => {
    throw new Error(`non-function of type ${typeName(value)}`);
  },
  not: (value) => !isTrue(value),
  eq: (first, ...rest) => rest.some((other) => isEqual(first, other)),
  ne: (first, other) => !isEqual(first, other),
  lt: (first, other) => compare(first, other) < 0,
  le: (first, other) => compare(first, other) <= 0,
  gt: (first, other) => compare(first, other) > 0,
  ge: (first, other) => compare(first, other) >= 0,
};

/** The least and the largest number of arguments, for functions with a limit. */
export const argumentCounts: Readonly<Record<string, readonly [number, number]>> = {
  json: [1, 1],
  split: [2, 2],
  join: [2, 2],
  title: [1, 1],
  lower: [1, 1],
  upper: [1, 1],
  pad: [3, 3],
  truncate: [2, 2],
  printf: [1, Infinity],
  len: [1, 1],
  index: [1, Infinity],
  slice: [1, 3],
  call: [1, Infinity],
  not: [1, 1],
  and: [1, Infinity],
  or: [1, Infinity],
  eq: [2, Infinity],
  ne: [2, 2],
  lt: [2, 2],
  le: [2, 2],
  gt: [2, 2],
  ge: [2, 2],
};

/** Go's maps are our Maps, its int64s our bigints. */
function jsonItem(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].sort(byKey));
  }
  return typeof value === "bigint" ? Number(value) : value;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  throw new Error(`expected string; found ${typeName(value)}`);
}

function items(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === undefined || value === null) return [];
  if (value instanceof Map) return [...value.values()].map((item) => goText(item)).sort();
  throw new Error(`expected a list; found ${typeName(value)}`);
}
