import type { GlobalValues } from "./flags/spec.ts";
import { UsageError } from "../base/usage_error.ts";

/** `--connect-timeout` in milliseconds, 0 for no limit. Throws `UsageError` for less. */
export function connectTimeout(global: Pick<GlobalValues, "connect-timeout">): number {
  const ms = global["connect-timeout"];
  if (ms >= 0) return ms;
  throw new UsageError(
    "invalid value of --connect-timeout: a duration can't be negative",
    "write it like 30s; 0 means no limit",
  );
}

/**
 * How long a command waits for the state of each daemon, in milliseconds. `--timeout` is older and
 * limits the answer, too: if it was typed, it takes precedence over `--connect-timeout`.
 */
export function statusLimit(
  flags: { readonly timeout: number },
  given: ReadonlySet<string>,
  global: GlobalValues,
): number {
  return given.has("timeout") ? flags.timeout : connectTimeout(global);
}
