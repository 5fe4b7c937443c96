import { goSprintf, goText } from "./print.ts";
import { isTrue, lengthOf } from "./values.ts";

/** A function of templates. Throws a plain Error with the reason. */
export type TemplateFunction = (...args: readonly unknown[]) => unknown;

/** Go's own functions, and docker's: json, split, join, title, lower, upper, pad, truncate. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  json: (value) => JSON.stringify(value ?? null, (_, item) => jsonItem(item)),
  split: (value, by) => text(value).split(text(by)),
  join: (list, by) => items(list).map(goText).join(text(by)),
  title: (value) =>
    text(value).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (match) => match.toUpperCase()),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  pad: (value, before, after) =>
    text(value) === "" ? "" : " ".repeat(number(before)) + text(value) + " ".repeat(number(after)),
  truncate: (value, length) => text(value).slice(0, number(length)),

  print: (...args) => args.map(goText).join(""),
  println: (...args) => args.map(goText).join(" ") + "\n",
  printf: (format, ...args) => goSprintf(text(format), args),
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(item, value),
  slice: (value, from = 0, to = lengthOf(value)) => slice(value, number(from), number(to)),
  not: (value) => !isTrue(value),
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
  eq: (first, ...rest) => rest.some((other) => comparable(first) === comparable(other)),
  ne: (first, other) => comparable(first) !== comparable(other),
  lt: (first, other) => compare(first, other) < 0,
  le: (first, other) => compare(first, other) <= 0,
  gt: (first, other) => compare(first, other) > 0,
  ge: (first, other) => compare(first, other) >= 0,
};

/** How many arguments each takes, where that isn't free. */
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
    return Object.fromEntries([...value].sort(([a], [b]) => a < b ? -1 : 1));
  }
  return typeof value === "bigint" ? Number(value) : value;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  throw new Error(`expected a string, got ${goText(value)}`);
}

function number(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new Error(`expected a whole number, got ${goText(value)}`);
}

function items(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (value === undefined || value === null) return [];
  if (value instanceof Map) return [...value.values()].map(goText).sort();
  throw new Error(`expected a list, got ${goText(value)}`);
}

function item(value: unknown, key: unknown): unknown {
  if (value instanceof Map) return value.get(key);
  if (!Array.isArray(value) && typeof value !== "string") {
    throw new Error(`can't index ${goText(value)}`);
  }
  const at = number(key);
  if (at < 0 || at >= value.length) throw new Error(`index out of range: ${at}`);
  return value[at];
}

function slice(value: unknown, from: number, to: number): unknown {
  if (!Array.isArray(value) && typeof value !== "string") {
    throw new Error(`can't slice ${goText(value)}`);
  }
  if (from < 0 || to > value.length || from > to) {
    throw new Error(`slice out of range: ${from}:${to}`);
  }
  return value.slice(from, to);
}

function comparable(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value ?? undefined;
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [comparable(a), comparable(b)];
  if (typeof left !== typeof right || (typeof left !== "string" && typeof left !== "number")) {
    throw new Error(`can't compare ${goText(a)} with ${goText(b)}`);
  }
  return left < right! ? -1 : left === right ? 0 : 1;
}
