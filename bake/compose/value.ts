/** The values of a YAML document, and their texts where compose needs text. */
import { byKey } from "../../base/by_key.ts";
import type { Path } from "./path.ts";

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
  return { boolean: "bool", number: "float64", bigint: "int", string: "string" }[
    typeof value as "boolean" | "number" | "bigint" | "string"
  ];
}

/** A mapping, empty where there is none. */
export function mappingOf(value: Value | undefined): Mapping {
  return isMapping(value) ? value : new Map();
}

/** A list, empty where there is none. */
export function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

/** A copy of a mapping or a list with each part changed. Any other value stays as it is. */
export function withParts(
  value: Value,
  path: Path,
  change: (part: Value, path: Path) => Value,
): Value {
  if (Array.isArray(value)) return value.map((item) => change(item, [...path, "[]"]));
  if (!isMapping(value)) return value;
  return new Map([...value].map(([key, item]) => [key, change(item, [...path, key])]));
}
