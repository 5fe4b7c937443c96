import type { BuildSpec } from "../../builds/spec/build_spec.ts";
import { ulimits } from "../../builds/spec/frontend.ts";
import { parseNamedContexts } from "../../builds/spec/named_context.ts";
import { contextSource, dockerfileSource, namedSource } from "../../builds/spec/source.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import type { Deps } from "../../cli/deps.ts";
import { UsageError } from "../../base/usage_error.ts";
import { attestationText, parseAttestation } from "../../grammar/attestation.ts";
import { parseCaches } from "../../grammar/cache.ts";
import { parseOutputs } from "../../grammar/output.ts";
import { parsePolicy } from "../../grammar/policy.ts";
import { parseSecrets } from "../../grammar/secret.ts";
import { parseAgents } from "../../grammar/ssh.ts";
import type { buildFlags } from "./flags.ts";
import { legacyResources } from "./legacy_flags.ts";
import { cut } from "../../base/cut.ts";

/**
 * The build that a command line describes, but for `--call`. Flags with a grammar of their own are
 * read in buildx's order. Their mistakes are the command line's errors; `prepare` finds all others.
 * Throws `UsageError`.
 */
export async function specOfFlags(
  path: string,
  flags: FlagValues<typeof buildFlags>,
  { env, cwd }: Pick<Deps, "env" | "cwd">,
): Promise<Omit<BuildSpec, "call">> {
  ulimits(flags.ulimit);
  const args = pairsOf(flags["build-arg"]);
  const labels = pairsOf(flags.label);
  const sourcePolicy = env("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY");
  if (sourcePolicy) {
    (await import("../../builds/policy/source_policy.ts")).readSourcePolicy(sourcePolicy);
  }
  const policies = flags.policy.map(parsePolicy);
  const attestations = attestationTexts(flags).map(parseAttestation);
  const contexts = parseNamedContexts(flags["build-context"]);
  const outputs = parseOutputs(flags.output);
  if (flags.iidfile && outputs.some(({ type }) => type === "local" || type === "tar")) {
    throw new UsageError("local and tar exporters are incompatible with image ID file");
  }
  const context = contextSource(path, { cwd });
  return {
    cacheFrom: parseCaches(flags["cache-from"]),
    cacheTo: parseCaches(flags["cache-to"]),
    secrets: parseSecrets(flags.secret),
    agents: parseAgents(flags.ssh),
    context,
    dockerfile: dockerfileSource(flags.file, context, cwd),
    contexts: [...contexts].map(([name, text]) => ({
      name,
      source: namedSource(name, text, cwd),
    })),
    policies,
    args: new Map(args),
    labels: new Map(labels.map(([key, value = ""]) => [key, value])),
    tags: flags.tag,
    target: flags.target,
    platforms: flags.platform,
    pull: flags.pull,
    noCache: flags["no-cache"],
    noCacheFilter: flags["no-cache-filter"],
    outputs,
    load: flags.load,
    push: flags.push,
    annotations: flags.annotation,
    attestations,
    entitlements: flags.allow,
    network: flags.network,
    cgroupParent: flags["cgroup-parent"],
    extraHosts: flags["add-host"],
    shmSize: flags["shm-size"],
    ulimits: flags.ulimit,
    resources: [...legacyResources(flags), ...flags.resource],
  };
}

function attestationTexts(flags: FlagValues<typeof buildFlags>): string[] {
  const { provenance, sbom } = flags;
  return [
    ...flags.attest,
    ...provenance === "" ? [] : [attestationText("provenance", provenance)],
    ...sbom === "" ? [] : [attestationText("sbom", sbom)],
  ];
}

/** `K=V`, or `K` alone for a value from elsewhere. Throws `UsageError`. */
function pairsOf(texts: readonly string[]): [key: string, value: string | undefined][] {
  return texts.map((text) => {
    const [key, value] = cut(text, "=");
    if (key !== "") return [key, value];
    throw new UsageError(`invalid key-value pair ${JSON.stringify(text)}: empty key`);
  });
}
