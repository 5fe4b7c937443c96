/**
 * Go's values as JavaScript's. A struct is an object, and its methods are functions. A map is a
 * `Map`, an int64 a bigint, a nil pointer null, and a missing value undefined. A field that an
 * object lacks is an error; a key that a map lacks is not.
 */

/** A map to strings: for a missing key, `index` gives an empty string. */
export class StringMap extends Map<string, string> {}

/** The list, but null in JSON if it is empty, like a nil slice of Go. */
export function nilIfEmpty<T>(list: readonly T[]): readonly T[] {
  return list.length > 0 ? list : Object.defineProperty([], "toJSON", { value: () => null });
}

export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "bigint") return value !== 0n;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return Boolean(value);
}

/**
 * The length of a text in bytes, of a list or map in entries. Throws a plain Error for the rest.
 */
export function lengthOf(value: unknown): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  throw new Error(`len of type ${typeName(value)}`);
}

/** The entry of a list, a map or, as a number, of a text's bytes. Throws a plain Error. */
export function itemOf(value: unknown, key: unknown): unknown {
  if (value instanceof StringMap) return value.get(String(key)) ?? "";
  if (value instanceof Map) return value.get(key);
  const list = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!Array.isArray(list) && !(list instanceof Uint8Array)) {
    throw new Error(`can't index item of type ${typeName(value)}`);
  }
  const at = wholeNumber(key);
  if (at < 0 || at >= list.length) throw new Error(`index out of range: ${at}`);
  return list[at];
}

/** A part of a list or of a text, which is counted in bytes. Throws a plain Error. */
export function sliceOf(value: unknown, from = 0, to = lengthOf(value)): unknown {
  const list = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!Array.isArray(list) && !(list instanceof Uint8Array)) {
    throw new Error(`can't slice item of type ${typeName(value)}`);
  }
  for (const at of [wholeNumber(from), wholeNumber(to)]) {
    if (at < 0 || at > list.length) throw new Error(`index out of range: ${at}`);
  }
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  const part = list.slice(from, to);
  return part instanceof Uint8Array ? new TextDecoder().decode(part) : part;
}

export function wholeNumber(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new Error(`expected integer; found ${typeName(value)}`);
}

/** Less than 0, 0 or more, for two texts or two numbers. Throws a plain Error for the rest. */
export function compare(a: unknown, b: unknown): number {
  const [left, right] = alike(a, b);
  if (typeof left !== "string" && typeof left !== "number") {
    throw new Error("invalid type for comparison");
  }
  return left < right! ? -1 : left === right ? 0 : 1;
}

/** Throws a plain Error for what can't be compared: values of two types, lists, maps, structs. */
export function isEqual(a: unknown, b: unknown): boolean {
  const [left, right] = alike(a, b);
  if (typeof left === "object") throw new Error(`non-comparable type ${typeName(a)}`);
  return left === right;
}

/** Converts a bigint to a number; a missing value may be compared with any value. */
function alike(a: unknown, b: unknown): [unknown, unknown] {
  const [left, right] = [a, b].map((value) =>
    typeof value === "bigint" ? Number(value) : value ?? undefined
  );
  if (left !== undefined && right !== undefined && typeof left !== typeof right) {
    const types = `${typeName(a)} and ${typeName(b)}`;
    throw new Error(`incompatible types for comparison: ${types}`);
  }
  return [left, right];
}

/** The name of a value's type as `%T` prints it, as far as it is known here. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "bigint":
      return "int64";
    case "number":
      return Number.isInteger(value) ? "int" : "float64";
  }
  if (value === undefined || value === null) return "<nil>";
  return Array.isArray(value) ? "[]interface {}" : value instanceof Map ? "map" : "struct";
}
