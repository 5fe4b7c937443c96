/** Flags that stand for values of `--set`. Throws `UsageError`. */
import type { CallMethod } from "../../builds/spec/call.ts";
import { csvFields } from "../../base/go/csv.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import { parseBool, readBool } from "../../base/go/bool.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { bakeFlags } from "./flags.ts";

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
    if (flags[type] !== "") overrides.push(`*.attest=${attestation(type, flags[type])}`);
  }
  if (!disablesPolicies(flags.policy)) {
    overrides.push(...flags.policy.map((text) => `*.policy+=${text}`));
  }
  return overrides;
}

/** The value of an attestation: a boolean turns it on or off, any other text holds its attributes. */
function attestation(type: string, value: string): string {
  const isWanted = readBool(value);
  return `type=${type},${isWanted === undefined ? value : `disabled=${!isWanted}`}`;
}

/** Whether `--policy disabled=true` turns all policies off; that must be the only `--policy`. */
export function disablesPolicies(texts: readonly string[]): boolean {
  const all = texts.map((text) => {
    const keys = new Map(
      csvFields(text).map((field) => {
        const equals = field.indexOf("=");
        return [field.slice(0, equals < 0 ? undefined : equals), field.slice(equals + 1)];
      }),
    );
    for (const key of ["filename", "reset"]) {
      if (!keys.has(key)) continue;
      throw new UsageError(
        `--policy does not accept ${key}`,
        "a policy's files and their composition are in the bake definition",
      );
    }
    return keys;
  });
  if (!all.some((keys) => isOn(keys.get("disabled")))) return false;
  if (all.length === 1 && all[0]!.size === 1) return true;
  throw new UsageError("disabled policy cannot be combined with other policy flags");
}

function isOn(text: string | undefined): boolean {
  try {
    return text !== undefined && parseBool(text);
  } catch {
    throw new UsageError(`invalid value ${JSON.stringify(text)} of disabled`);
  }
}
