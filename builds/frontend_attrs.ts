/** What the frontend is told, from the flags and the environment. Pure. */
import { DEFAULT_PROVENANCE } from "../buildkit/solve_request.ts";
import type { Env } from "../transports/transport.ts";
import { addHosts, attestations, network, shmSize, ulimits } from "./spec/frontend.ts";
import type { FlagValues } from "../cli/flags/spec.ts";
import type { buildFlags } from "./flags.ts";
import { UsageError } from "../base/usage_error.ts";
import { isTrue } from "../cli/env_bool.ts";

/** The attestations that are asked for; a little provenance by default. Throws `UsageError`. */
export function attested(
  flags: Pick<FlagValues<typeof buildFlags>, "attest" | "provenance" | "sbom">,
  given: ReadonlySet<string>,
  env: Env,
): Record<string, string> {
  const typed = (name: "provenance" | "sbom") =>
    given.has(name) && flags[name] !== "" ? flags[name] : undefined;
  const provenance = () =>
    isTrue("BUILDX_NO_DEFAULT_ATTESTATIONS", env) ? undefined : DEFAULT_PROVENANCE;
  return attestations(flags.attest, typed("provenance"), typed("sbom"), provenance);
}

/** What the steps run in. Throws `UsageError`. */
export function surroundings(
  flags: FlagValues<typeof buildFlags>,
  gateway: () => string,
): { attrs: Record<string, string>; entitlements: string[] } {
  const { attrs, entitlements } = network(flags.network);
  return {
    entitlements,
    attrs: {
      ...attrs,
      ...addHosts(flags["add-host"], gateway),
      ...shmSize(flags["shm-size"]),
      ...ulimits(flags.ulimit),
      ...flags["cgroup-parent"] && { "cgroup-parent": flags["cgroup-parent"] },
    },
  };
}

/** Whether the image gets attestations that were asked for, and so an index to hold them. */
export function attests(attrs: Readonly<Record<string, string>>): boolean {
  return Object.entries(attrs).some(([key, value]) =>
    key.startsWith("attest:") && value !== DEFAULT_PROVENANCE
  );
}

/** `K=V`, or `K` alone for the environment's value; dropped when that is not set. */
export function buildArgs(texts: readonly string[], env: Env): Record<string, string> {
  const args: Record<string, string> = {};
  for (const text of texts) {
    const [key, value] = splitPair(text);
    const set = value ?? env(key);
    if (set !== undefined) args[key] = set;
  }
  if (args["BUILDKIT_SYNTAX"]?.trim() === "") {
    throw new UsageError(
      "empty BUILDKIT_SYNTAX build-arg is invalid, use --build-arg BUILDKIT_SYNTAX without '=' for " +
        "optional behavior",
    );
  }
  // Unless given: it makes builds reproducible, so it counts wherever it is set.
  const epoch = env("SOURCE_DATE_EPOCH");
  if (epoch && !("SOURCE_DATE_EPOCH" in args)) args["SOURCE_DATE_EPOCH"] = epoch;
  return args;
}

export function labels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map(splitPair).map(([key, value]) => [key, value ?? ""]));
}

function splitPair(text: string): [string, string | undefined] {
  const equals = text.indexOf("=");
  if (equals === 0 || text === "") {
    throw new UsageError(`invalid key-value pair ${JSON.stringify(text)}: empty key`);
  }
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}
