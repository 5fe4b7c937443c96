/**
 * The frontend's options, made of a specification and the environment. All functions throw
 * `UsageError`.
 */
import { csvLine } from "../../base/go/csv.ts";
import { UsageError } from "../../base/usage_error.ts";
import { DEFAULT_PROVENANCE } from "../../buildkit/solve_request.ts";
import { isTrue } from "../../base/env_bool.ts";
import type { Env } from "../../transports/transport.ts";
import type { BuildSpec } from "./build_spec.ts";
import { addHosts, network, shmSize, ulimits } from "./frontend.ts";

type Attrs = Record<string, string>;

/**
 * The attestations as the frontend takes them: `attest:TYPE`. The first of a type counts, and a
 * disabled one sends nothing. A specification without provenance gets a little of it.
 */
export function attested({ attestations }: Pick<BuildSpec, "attestations">, env: Env): Attrs {
  const attrs: Attrs = {};
  const seen = new Set<string>();
  for (const { type, disabled, attrs: own } of attestations) {
    if (seen.has(type)) continue;
    seen.add(type);
    const fields = [...own.keys()].sort().map((key) => `${key}=${own.get(key)}`);
    if (!disabled) attrs[`attest:${type}`] = csvLine([`type=${type}`, ...fields]);
  }
  if (!seen.has("provenance") && !isTrue("BUILDX_NO_DEFAULT_ATTESTATIONS", env)) {
    attrs["attest:provenance"] = DEFAULT_PROVENANCE;
  }
  return attrs;
}

/** Whether the image gets attestations that were asked for, and so an index to hold them. */
export function attests(attrs: Readonly<Attrs>): boolean {
  return Object.entries(attrs).some(([key, value]) =>
    key.startsWith("attest:") && value !== DEFAULT_PROVENANCE
  );
}

/**
 * Network, hosts and limits of the steps. @param gateway the address that `host-gateway` stands for
 */
export function surroundings(
  spec: BuildSpec,
  gateway: () => string,
): { attrs: Attrs; entitlements: string[] } {
  const { attrs, entitlements } = network(spec.network);
  return {
    entitlements,
    attrs: {
      ...attrs,
      ...addHosts(spec.extraHosts, gateway),
      ...shmSize(spec.shmSize),
      ...ulimits(spec.ulimits),
      ...spec.cgroupParent && { "cgroup-parent": spec.cgroupParent },
    },
  };
}

/** The build arguments, with values of the environment. */
export function buildArgs({ args: given }: BuildSpec, env: Env): Attrs {
  const args: Attrs = {};
  for (const [key, value = env(key)] of given) if (value !== undefined) args[key] = value;
  if (args["BUILDKIT_SYNTAX"]?.trim() === "") {
    throw new UsageError(
      "empty BUILDKIT_SYNTAX build-arg is invalid, use --build-arg BUILDKIT_SYNTAX without '=' for " +
        "optional behavior",
    );
  }
  // It makes builds reproducible, so it counts wherever it is set.
  const epoch = env("SOURCE_DATE_EPOCH");
  if (epoch && !("SOURCE_DATE_EPOCH" in args)) args["SOURCE_DATE_EPOCH"] = epoch;
  return args;
}
