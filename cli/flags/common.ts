import { UsageError } from "../../base/usage_error.ts";
import type { FlagSpecs } from "./spec.ts";

/** The flag of every command that asks daemons for their state. */
export const statusTimeout = {
  timeout: {
    kind: "duration",
    default: "20s",
    summary: "Override the default timeout for loading builder status",
  },
} as const satisfies FlagSpecs;

/** The flag of commands that print text for people, or JSON. */
export const textOrJson = {
  format: { kind: "string", default: "text", summary: 'Format the output ("text", "json")' },
} as const satisfies FlagSpecs;

/** Whether the value of that flag asks for JSON. Throws `UsageError` for another value. */
export function isJsonFormat(format: string): boolean {
  if (format === "text" || format === "json") return format === "json";
  throw new UsageError(`invalid --format ${JSON.stringify(format)}`, 'use "text" or "json"');
}
