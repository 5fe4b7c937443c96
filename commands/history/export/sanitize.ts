import { goJson } from "../../../base/go/json.ts";
import { fieldsOf } from "../../../base/json.ts";
import { parseSpans, type Span } from "../trace/spans.ts";

/** The trace without credentials in its command lines. */
export function sanitizedTrace(trace: Uint8Array): Uint8Array<ArrayBuffer> {
  const spans = parseSpans(new TextDecoder().decode(trace));
  const text = spans.map((span) => `${goJson(sanitized(withoutDouble(span)), 2)}\n`).join("");
  return new TextEncoder().encode(text);
}

/** The daemon writes the scope under its old and its new name; bundles have only the old one. */
function withoutDouble(span: Span): Span {
  const { InstrumentationScope: _, ...rest } = span;
  return "InstrumentationLibrary" in rest ? rest : span;
}

/** A value in which the texts of all attributes are sanitized. */
function sanitized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sanitized);
  if (typeof value !== "object" || value === null || isRawNumber(value)) return value;
  const { Type, Value } = fieldsOf(value);
  if (Type === "STRING" && typeof Value === "string") {
    return { ...value, Value: withoutSecrets(Value) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sanitized(item)]));
}

function isRawNumber(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: object): boolean }).isRawJSON(value);
}

/** The text with marks instead of GitHub's tokens and of values with a secret's name. */
export function withoutSecrets(text: string): string {
  return text
    .replace(
      /(ghtoken|token|access_key_id|secret_access_key|session_token)=[^ ,]+/gi,
      "$1=xxxxx",
    )
    .replace(/gh[us]_[A-Za-z0-9]{36}/g, "xxxxx")
    .replace(/github_pat_\w{82}/g, "xxxxx");
}
