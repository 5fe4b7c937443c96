/** The values of a YAML document, and their texts where compose needs text. */
import { byKey } from "../../base/by_key.ts";

export type Mapping = Map<string, Value>;

/** A value. Whole numbers are bigints and other numbers doubles, as their texts differ. */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | Timestamp
  | Value[]
  | Mapping;

/** A date without quotes. `text` is its text in Go. */
export class Timestamp {
  constructor(readonly text: string) {}
}

export function isMapping(value: Value | undefined): value is Mapping {
  return value instanceof Map;
}

/** The text of Go's `fmt.Sprint`, which the peer uses for build arguments and labels. */
export function textOf(value: Value): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return numberText(value);
  if (value instanceof Timestamp) return value.text;
  if (Array.isArray(value)) return `[${value.map(textOf).join(" ")}]`;
  if (!isMapping(value)) return String(value);
  const pairs = [...value].sort(byKey);
  return `map[${pairs.map(([key, value]) => `${key}:${textOf(value)}`).join(" ")}]`;
}

/** Go's `%v` of a float64, with an exponent from 1e+06 on and below 1e-04. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value);
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** The name of a value's type in the peer's messages. */
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

/** Makes a deep copy. */
export function cloned(value: Value): Value {
  if (Array.isArray(value)) return value.map(cloned);
  if (isMapping(value)) return new Map([...value].map(([key, value]) => [key, cloned(value)]));
  return value;
}
