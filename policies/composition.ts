/** Chooses the policies of a build from `--policy`, by buildx's rules. */
import { UsageError } from "../base/usage_error.ts";
import type { PolicyEntry } from "../grammar/policy.ts";

export type PolicyLogLevel = "panic" | "fatal" | "error" | "warning" | "info" | "debug" | "trace";

/** A policy of a build; `files` is empty for the policy next to the Dockerfile. */
export interface ChosenPolicy {
  readonly files: readonly string[];
  strict: boolean;
  logLevel: PolicyLogLevel | undefined;
}

/**
 * Gives the policies in the order in which they are asked. "disabled" turns all policies off, even
 * fairlead's own. A value without a file changes the last policy; if there is none yet, it changes
 * the following policies. Throws `UsageError`.
 *
 * @param beside whether a policy next to the Dockerfile is allowed
 */
export function choosePolicies(
  entries: readonly PolicyEntry[],
  beside: boolean,
): ChosenPolicy[] | "disabled" {
  if (entries.some(({ disabled }) => disabled)) {
    const [{ filenames, reset, strict, logLevel }] = entries as [PolicyEntry];
    const tuned = strict !== undefined || logLevel !== undefined;
    if (entries.length > 1 || filenames.length > 0 || reset || tuned) {
      throw new UsageError("disabled policy cannot be combined with other policy flags");
    }
    return "disabled";
  }
  let chosen: ChosenPolicy[] = beside ? [{ files: [], strict: false, logLevel: undefined }] : [];
  let defaults: PolicyEntry | undefined;
  for (const entry of entries) {
    if (entry.reset) chosen = [];
    const last = chosen.at(-1);
    if (entry.filenames.length > 0) {
      chosen.push({
        files: entry.filenames,
        strict: entry.strict ?? defaults?.strict ?? false,
        logLevel: levelOf(entry) ?? levelOf(defaults),
      });
    } else if (last === undefined) {
      defaults = entry;
    } else {
      last.strict = entry.strict ?? last.strict;
      last.logLevel = levelOf(entry) ?? last.logLevel;
    }
  }
  return chosen;
}

function levelOf(entry: PolicyEntry | undefined): PolicyLogLevel | undefined {
  return entry?.logLevel as PolicyLogLevel | undefined;
}
