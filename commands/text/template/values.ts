/**
 * Go's values in ours: a struct is an object, a map a `Map`, an int64 a bigint, nil undefined. An
 * object without a field that is asked for is an error; a map without the key is not.
 */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "bigint") return value !== 0n;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return Boolean(value);
}

/** The length of a text in bytes, of a list or map in entries. Throws a plain Error for the rest. */
export function lengthOf(value: unknown): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  throw new Error(`${String(value)} has no length`);
}
