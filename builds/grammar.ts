import type { Env } from "../transports/transport.ts";
import { parseBuildContexts } from "./spec/build_context.ts";
import { readCaches } from "./spec/cache.ts";
import { attestations, ulimits } from "./spec/frontend.ts";
import { parseOutputs } from "./spec/output.ts";
import { parsePolicies } from "./spec/policy.ts";
import { parseSecrets } from "./spec/secret.ts";
import type { FlagValues } from "../cli/flags/spec.ts";
import { parseSsh } from "./spec/ssh.ts";
import { UsageError } from "../base/usage_error.ts";
import type { buildFlags } from "./flags.ts";
import { labels } from "./frontend_attrs.ts";

/**
 * Reads the flags that have a grammar of their own, and the source policy, in buildx's order. What is
 * wrong with one is the command line's error; all that is found later is the build's, and is called
 * so, as by buildx. Throws `UsageError`.
 */
export async function checkGrammar(
  flags: FlagValues<typeof buildFlags>,
  env: Env,
): Promise<void> {
  ulimits(flags.ulimit);
  labels([...flags["build-arg"], ...flags.label]);
  const policy = env("EXPERIMENTAL_BUILDKIT_SOURCE_POLICY");
  if (policy) (await import("./policy/source_policy.ts")).readSourcePolicy(policy);
  parsePolicies(flags.policy);
  attestations(
    flags.attest,
    flags.provenance || undefined,
    flags.sbom || undefined,
    () => undefined,
  );
  parseBuildContexts(flags["build-context"]);
  const outputs = parseOutputs(flags.output);
  if (flags.iidfile && outputs.some(({ type }) => type === "local" || type === "tar")) {
    throw new UsageError("local and tar exporters are incompatible with image ID file");
  }
  readCaches([...flags["cache-from"], ...flags["cache-to"]]);
  parseSecrets(flags.secret);
  parseSsh(flags.ssh);
}
