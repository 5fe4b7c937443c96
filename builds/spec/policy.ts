import { UsageError } from "../../base/usage_error.ts";
import type { PolicyEntry } from "../../grammar/policy.ts";

/** The Rego policies that hold for a build. */
export interface PolicyChoice {
  /** No policy holds: neither one that is found nor the program's own. */
  readonly disabled: boolean;
  /** A policy beside the Dockerfile holds, if there is one. */
  readonly beside: boolean;
  readonly files: readonly string[];
}

/** What all entries mean together; `reset` drops earlier ones. Throws `UsageError`, in buildx's words. */
export function choosePolicies(entries: readonly PolicyEntry[]): PolicyChoice {
  const off = entries.find(({ disabled }) => disabled);
  if (off) {
    const isTuned = off.strict !== undefined || off.logLevel !== undefined;
    if (entries.length > 1 || off.reset || isTuned || off.filenames.length > 0) {
      throw new UsageError("disabled policy cannot be combined with other policy flags");
    }
    return { disabled: true, beside: false, files: [] };
  }
  let beside = true;
  let files: string[] = [];
  for (const { reset, filenames } of entries) {
    if (reset) [beside, files] = [false, []];
    files.push(...filenames);
  }
  return { disabled: false, beside, files };
}
