import { quote } from "../base/go/quote.ts";
import { choices } from "../base/nearest.ts";
import { boolOf, fieldsOf, refuse } from "./pairs.ts";
import { cut } from "../base/cut.ts";

/** One `--policy`, or entry of bake's `policy`: the Rego policies that apply to a build. */
export interface PolicyEntry {
  readonly filenames: readonly string[];
  /** Entries before this one are ignored. */
  readonly reset: boolean;
  /** No policy applies at all. */
  readonly disabled: boolean;
  readonly strict?: boolean;
  readonly logLevel?: string;
}

/** Reads `filename=F,reset=BOOL,disabled=BOOL,strict=BOOL,log-level=L`. Throws `UsageError`. */
export function parsePolicy(text: string): PolicyEntry {
  return policyOf(fieldsOf(text));
}

const KEYS = ["filename", "reset", "disabled", "strict", "log-level"];
const levels = ["panic", "fatal", "error", "warning", "info", "debug", "trace"];

/** Reads fields that are already split. Throws `UsageError`, in buildx's words. */
export function policyOf(fields: readonly string[]): PolicyEntry {
  const filenames: string[] = [];
  const options: { reset: boolean; disabled: boolean; strict?: boolean; logLevel?: string } = {
    reset: false,
    disabled: false,
  };
  for (const field of fields) {
    const [name, given] = cut(field, "=");
    const key = given === undefined ? "" : name.toLowerCase().trim();
    const value = given ?? field;
    if (key === "filename" && value !== "") filenames.push(value);
    else if (key === "reset" || key === "disabled" || key === "strict") {
      options[key] = boolOf(value, field);
    } else if (key === "log-level") options.logLevel = levelOf(value, field);
    else refuse(`invalid value ${field}`, hintFor(field, key));
  }
  return { filenames, ...options };
}

/** @param key empty for a field without one */
function hintFor(field: string, key: string): string {
  if (key === "") return `write --policy filename=${field}, if ${field} is the policy's file`;
  return key === "filename" ? "name a file" : choices(key, KEYS);
}

function levelOf(text: string, field: string): string {
  const level = text.toLowerCase();
  if (level === "warn") return "warning";
  if (levels.includes(level)) return level;
  return refuse(
    `invalid value ${field}: not a valid logrus Level: ${quote(text)}`,
    choices(level, levels),
  );
}
