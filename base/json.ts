/** Looks at values of JSON whose types nobody has checked. */

/** Whether the value is an object of JSON, so neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of an object of JSON; another value has none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** The items of a list of JSON; another value has none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text or a number as it is; nothing for null; anything else as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  // An object may have a `toString` that is no function.
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A whole number; 0 for any other value. */
export function integerOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : 0;
}
