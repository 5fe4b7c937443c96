/**
 * Values of the language, each with its type: a list is not a tuple, and a null has a type too.
 * They never change.
 */
import { BigFloat } from "./big_float.ts";
import { LimitError } from "./limit.ts";
import { compareValues } from "./set_order.ts";
import { compareText } from "./text.ts";
import {
  BOOL,
  DYNAMIC,
  isSequence,
  list,
  map,
  NUMBER,
  object,
  sameType,
  set,
  STRING,
  tuple,
  type Type,
} from "./type.ts";

/** What a value holds, by its type; a set's elements are sorted and unlike. */
export type Content =
  | null
  | string
  | boolean
  | BigFloat
  | readonly Value[]
  | ReadonlyMap<string, Value>;

export interface Value {
  readonly type: Type;
  readonly content: Content;
  /** How many values it is made of. */
  readonly size: number;
}

/** More than this in one string (UTF-16 units) or collection (values) is refused: it only grows. */
const MAX_TEXT = 1 << 24;
const MAX_VALUES = 1 << 20;

export const NULL: Value = nullOf(DYNAMIC);
export const TRUE: Value = { type: BOOL, content: true, size: 1 };
export const FALSE: Value = { type: BOOL, content: false, size: 1 };
const EMPTY_TUPLE: Value = { type: tuple([]), content: [], size: 1 };

export function nullOf(type: Type): Value {
  return { type, content: null, size: 1 };
}

/** In Unicode's composed form, as all strings of the language are. */
export function stringOf(text: string): Value {
  if (text.length > MAX_TEXT) throw new LimitError("a string is longer than 16 MiB");
  return { type: STRING, content: text.normalize(), size: 1 };
}

export function boolOf(value: boolean): Value {
  return value ? TRUE : FALSE;
}

export function numberOf(content: BigFloat): Value {
  return { type: NUMBER, content, size: 1 };
}

export function integerOf(value: bigint | number): Value {
  return numberOf(BigFloat.ofInteger(value));
}

export function tupleOf(values: readonly Value[]): Value {
  if (values.length === 0) return EMPTY_TUPLE;
  return sized(tuple(values.map(({ type }) => type)), values, values);
}

/** Of elements that all have this type. */
export function listOf(element: Type, values: readonly Value[]): Value {
  return sized(list(element), values, values);
}

/** Of elements that all have this type, in any order, with doubles. */
export function setOf(element: Type, values: readonly Value[]): Value {
  const sorted = values.toSorted(compareValues);
  const unlike = sorted.filter((value, i) => i === 0 || !equalValues(value, sorted[i - 1]!));
  return sized(set(element), unlike, unlike);
}

export function mapOf(element: Type, entries: ReadonlyMap<string, Value>): Value {
  return sized(map(element), entries, entries.values());
}

export function objectOf(entries: ReadonlyMap<string, Value>): Value {
  const types = new Map<string, Type>();
  for (const [name, { type }] of entries) types.set(name, type);
  return sized(object(types), entries, entries.values());
}

function sized(type: Type, content: Content, parts: Iterable<Value>): Value {
  let size = 1;
  for (const part of parts) size += part.size;
  if (size > MAX_VALUES) throw new LimitError("a value has more than a million parts");
  return { type, content, size };
}

/** Of a list, set or tuple. */
export function elementsOf(value: Value): readonly Value[] {
  return value.content as readonly Value[];
}

/** Of a map or object, by their keys' order. */
export function entriesOf(value: Value): [string, Value][] {
  const content = value.content as ReadonlyMap<string, Value>;
  return [...content].sort(([a], [b]) => compareText(a, b));
}

/** What `for` goes through: keys and values; undefined for what can't be gone through. */
export function iterate(value: Value): [Value, Value][] | undefined {
  const { kind } = value.type;
  if (value.content === null) return undefined;
  if (isSequence(value.type)) {
    if (kind === "set") return elementsOf(value).map((element) => [element, element]);
    return elementsOf(value).map((element, i) => [integerOf(i), element]);
  }
  if (kind !== "map" && kind !== "object") return undefined;
  return entriesOf(value).map(([key, element]) => [stringOf(key), element]);
}

/** Alike in type and content; nulls are alike whatever their type. */
export function equalValues(a: Value, b: Value): boolean {
  if (a.content === null || b.content === null) return a.content === b.content;
  return sameType(a.type, b.type) && equalContents(a, b);
}

function equalContents(a: Value, b: Value): boolean {
  if (a.content === null || b.content === null) return a.content === b.content;
  if (a.content instanceof BigFloat) return a.content.equals(b.content as BigFloat);
  if (typeof a.content !== "object") return a.content === b.content;
  if (Array.isArray(a.content)) {
    const [left, right] = [elementsOf(a), elementsOf(b)];
    if (left.length !== right.length) return false;
    return left.every((element, i) => equalContents(element, right[i]!));
  }
  const [left, right] = [a.content, b.content] as ReadonlyMap<string, Value>[];
  if (left!.size !== right!.size) return false;
  for (const [key, element] of left!) {
    const other = right!.get(key);
    if (other === undefined || !equalContents(element, other)) return false;
  }
  return true;
}
