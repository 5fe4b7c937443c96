/** What a YAML document holds, and how its values read as text where compose wants text. */

export type Mapping = Map<string, Value>;

/** Whole numbers are bigints, and other numbers doubles: they read differently as text. */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | Timestamp
  | Value[]
  | Mapping;

/** A date that stood without quotes. `text` is how it reads. */
export class Timestamp {
  constructor(readonly text: string) {}
}

export function isMapping(value: Value | undefined): value is Mapping {
  return value instanceof Map;
}

/** As Go's `fmt.Sprint` prints a value: the peer makes build arguments and labels that way. */
export function textOf(value: Value): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return numberText(value);
  if (value instanceof Timestamp) return value.text;
  if (Array.isArray(value)) return `[${value.map(textOf).join(" ")}]`;
  if (!isMapping(value)) return String(value);
  const pairs = [...value].sort(([a], [b]) => a < b ? -1 : 1);
  return `map[${pairs.map(([key, value]) => `${key}:${textOf(value)}`).join(" ")}]`;
}

/** Go's `%v` of a float64: an exponent from seven digits on, and below four zeros. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value);
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** What the peer's messages call the type of a value. */
export function typeName(value: Value): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (isMapping(value)) return "map[string]interface {}";
  if (value instanceof Timestamp) return "time.Time";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    case "bigint":
      return "int";
  }
  return "string";
}

/** A copy that shares nothing. */
export function cloned(value: Value): Value {
  if (Array.isArray(value)) return value.map(cloned);
  if (isMapping(value)) return new Map([...value].map(([key, value]) => [key, cloned(value)]));
  return value;
}
