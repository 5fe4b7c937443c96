/** JSON indented by two spaces, as Go's encoder writes it. */
import { jsonString } from "../hcl/values/json_text.ts";

/** Any JSON value; objects are maps, in their order. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | Map<string, Json>;

export function prettyJson(value: Json, indent = ""): string {
  if (typeof value === "string") return jsonString(value);
  const inner = `${indent}  `;
  if (value instanceof Map) {
    if (value.size === 0) return "{}";
    const members = [...value].map(([key, item]) =>
      `${inner}${jsonString(key)}: ${prettyJson(item, inner)}`
    );
    return `{\n${members.join(",\n")}\n${indent}}`;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => inner + prettyJson(item, inner)).join(",\n")}\n${indent}]`;
  }
  return String(value);
}
