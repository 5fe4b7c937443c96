/**
 * Values of the language, each with its type: a list is not a tuple, and a null has a type too.
 * They never change.
 */
import { BigFloat } from "./big_float.ts";
import { checkLength, LimitError, MAX_SIZE } from "../../budget.ts";
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

/** The content of a value depends on its type. A set's elements are sorted and all differ. */
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
  /**
   * An estimate of the bytes of memory: 16 for each value that it is made of, one for each UTF-16
   * unit of a string, and what numbers of more than 1024 bits take.
   */
  readonly size: number;
}

const OWN_SIZE = 16;

export const NULL: Value = nullOf(DYNAMIC);
export const TRUE: Value = { type: BOOL, content: true, size: OWN_SIZE };
export const FALSE: Value = { type: BOOL, content: false, size: OWN_SIZE };
const EMPTY_TUPLE: Value = { type: tuple([]), content: [], size: OWN_SIZE };

export function nullOf(type: Type): Value {
  return { type, content: null, size: OWN_SIZE };
}

/** A string in Unicode's composed form, as all strings of the language are. */
export function stringOf(text: string): Value {
  checkLength(text.length);
  return { type: STRING, content: text.normalize(), size: OWN_SIZE + text.length };
}

export function boolOf(value: boolean): Value {
  return value ? TRUE : FALSE;
}

export function numberOf(content: BigFloat): Value {
  const bits = content.bits;
  return { type: NUMBER, content, size: bits > 1024 ? OWN_SIZE + bits / 8 : OWN_SIZE };
}

export function integerOf(value: bigint | number): Value {
  return numberOf(BigFloat.ofInteger(value));
}

export function tupleOf(values: readonly Value[]): Value {
  if (values.length === 0) return EMPTY_TUPLE;
  return sized(tuple(values.map(({ type }) => type)), values, values);
}

/** A list of values that all have this type. */
export function listOf(element: Type, values: readonly Value[]): Value {
  return sized(list(element), values, values);
}

/** A set of values that are sorted and all differ: `setOf` in `set.ts` makes it of any values. */
export function ofSet(element: Type, values: readonly Value[]): Value {
  return sized(set(element), values, values);
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
  let size = OWN_SIZE;
  for (const part of parts) size += part.size;
  if (size > MAX_SIZE) {
    throw new LimitError("a value is larger than 16 MiB (each of its parts counts 16 bytes)");
  }
  return { type, content, size };
}

/** The text of a primitive that is not null. */
export function primitiveText({ content }: Value): string {
  return content instanceof BigFloat ? content.text("f") : String(content);
}

/** The elements of a list, set or tuple. */
export function elementsOf(value: Value): readonly Value[] {
  return value.content as readonly Value[];
}

/** The entries of a map or object, sorted by key. */
export function entriesOf(value: Value): [string, Value][] {
  const content = value.content as ReadonlyMap<string, Value>;
  return [...content].sort(([a], [b]) => compareText(a, b));
}

/** Keys and values for a `for`; undefined for a value that has none. */
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

/** Whether types and contents are equal. Nulls are equal whatever their types. */
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
