/** Flags that stand for values of `--set`. Throws `UsageError`. */
import type { CallMethod } from "../../builds/spec/call.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import { parsePolicy } from "../../grammar/policy.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { bakeFlags } from "./flags.ts";
import { attestationText } from "../../grammar/attestation.ts";

type Flags = FlagValues<typeof bakeFlags>;

/** All overrides, those of `--set` first. @param given the flags that were typed */
export function overridesOf(
  flags: Flags,
  given: ReadonlySet<string>,
  call: CallMethod | undefined,
): string[] {
  const overrides = [...flags.set];
  if (flags.push) overrides.push("*.push=true");
  if (flags.load) overrides.push("*.load=true");
  if (call) overrides.push(`*.call=${call.name}`);
  for (const name of ["no-cache", "pull"] as const) {
    if (given.has(name)) overrides.push(`*.${name}=${flags[name]}`);
  }
  for (const type of ["sbom", "provenance"] as const) {
    if (flags[type] !== "") overrides.push(`*.attest=${attestationText(type, flags[type])}`);
  }
  if (!disablesPolicies(flags.policy)) {
    overrides.push(...flags.policy.map((text) => `*.policy+=${text}`));
  }
  return overrides;
}

/** Whether `--policy disabled=true` turns all policies off; that must be the only `--policy`. */
export function disablesPolicies(texts: readonly string[]): boolean {
  const all = texts.map(parsePolicy);
  for (const { filenames, reset, disabled, strict, logLevel } of all) {
    if (filenames.length > 0) {
      throw new UsageError(
        "--policy does not accept filename; define policy files in the bake definition",
      );
    }
    if (reset) {
      throw new UsageError(
        "--policy does not accept reset; define policy composition in the bake definition",
      );
    }
    if (!disabled) continue;
    if (all.length === 1 && strict === undefined && logLevel === undefined) return true;
    throw new UsageError("disabled policy cannot be combined with other policy flags");
  }
  return false;
}
