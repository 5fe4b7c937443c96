import { byKey } from "../by_key.ts";

/**
 * JSON as Go's encoder writes it: maps in the order of their keys; `<`, `>`, `&` and the line
 * separators of JavaScript are escaped.
 */
export function goJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_, item) =>
      typeof item === "bigint" ? rawNumber(item) : item instanceof Map ? sorted(item) : item,
    indent,
  );
  return goEscaped(text.replace(MARKED, '"$1":'));
}

/** JSON with the escapes of Go's encoder, for the sake of HTML and JavaScript. */
export function goEscaped(json: string): string {
  return json.replace(ESCAPED, escape);
}

/**
 * The fields without zero values, as Go's `omitempty` leaves them out. @param always keys that stay
 */
export function omitEmpty(fields: object, always: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([key, value]) =>
      always.includes(key) || value && !(Array.isArray(value) && value.length === 0)
    ),
  );
}

/**
 * Prepares a value, so that a caller's `JSON.stringify` prints it like Go; keys stay as they are.
 */
export function goJsonValue(value: unknown): unknown {
  if (typeof value === "string" && value.search(ESCAPED) >= 0) return raw(goJson(value));
  // Such a value has its own form in JSON.
  if (typeof (value as { toJSON?: unknown } | null)?.toJSON === "function") return value;
  if (Array.isArray(value)) return value.map(goJsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, goJsonValue(item)]));
}

/** An integer of any size, for `JSON.stringify` to print with all its digits. */
export function rawNumber(value: bigint): unknown {
  return raw(String(value));
}

/**
 * Text that `JSON.stringify` prints unchanged. TypeScript's library doesn't declare `rawJSON` yet.
 */
function raw(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

/** JavaScript puts keys that are integers first, in the order of numbers: a mark prevents that. */
function sorted(map: ReadonlyMap<string, unknown>): object {
  const entries = [...map].sort(byKey);
  return Object.fromEntries(
    entries.map(([key, item]) => [/^\d+$/.test(key) ? `\0${key}` : key, item ?? null]),
  );
}

/** A marked key in JSON. In a text, its quotes would be escaped. */
const MARKED = /"\\u0000(\d+)":/g;

const ESCAPED = new RegExp("[<>&\\u2028\\u2029]", "g");

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
