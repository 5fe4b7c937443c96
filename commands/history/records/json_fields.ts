/** Reads JSON from a daemon, in which any value may have the wrong type. */

/** A JSON object's fields; none of anything else. */
export function fields(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? json as Record<string, unknown> : {};
}

/** A list, or none. */
export function items(json: unknown): unknown[] {
  return Array.isArray(json) ? json : [];
}

/** A text or a number as it is, nothing for null, anything else as JSON. */
export function textOf(json: unknown): string {
  if (json === undefined || json === null) return "";
  // An object may have a `toString` that is no function.
  return typeof json === "object" ? JSON.stringify(json) : String(json);
}

/** A whole number; 0 for anything else. */
export function integerOf(json: unknown): number {
  return typeof json === "number" && Number.isSafeInteger(json) ? json : 0;
}
