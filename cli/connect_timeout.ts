import type { GlobalValues } from "./flags/spec.ts";
import { UsageError } from "../base/usage_error.ts";

/** `--connect-timeout` in milliseconds, 0 for no limit. Throws `UsageError` for less. */
export function connectTimeout(global: Pick<GlobalValues, "connect-timeout">): number {
  const ms = global["connect-timeout"];
  if (ms >= 0) return ms;
  throw new UsageError(
    "invalid value of --connect-timeout: a duration can't be negative",
    "like 30s, or 0 for no limit",
  );
}

/**
 * How long a command that asks for daemons' state waits for each, in milliseconds: `--timeout`, which
 * is older and bounds the answer too, goes before `--connect-timeout` where it was typed.
 */
export function statusLimit(
  flags: { readonly timeout: number },
  given: ReadonlySet<string>,
  global: GlobalValues,
): number {
  return given.has("timeout") ? flags.timeout : connectTimeout(global);
}
