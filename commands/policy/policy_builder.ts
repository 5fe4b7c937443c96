/**
 * The builder that policy commands ask about sources: its first node, connected to on demand. The
 * signatures of its answers are verified.
 */
import { auth } from "../../buildkit/session/auth.ts";
import { health } from "../../buildkit/session/health.ts";
import { logins } from "../../cli/builders/logins.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import type { Deps } from "../../cli/deps.ts";
import type { GlobalValues } from "../../cli/flags/spec.ts";
import { warn, warnOnce } from "../../cli/warn.ts";
import { attestationFinder } from "../../policies/attestations.ts";
import type { EngineLog } from "../../policies/engine.ts";
import type { PolicyFiles, PolicyHost } from "../../policies/policy.ts";
import { signatureVerifier } from "../../policies/signatures.ts";
import {
  defaultPlatform,
  type Meta,
  metaOf,
  type MetaRequest,
  type PolicyPlatform,
} from "../../policies/source_meta.ts";
import { type SourceResolver, sourceResolver } from "../../policies/source_resolver.ts";
import { engineOptions } from "./engine_options.ts";

export interface PolicyBuilder extends AsyncDisposable {
  /** Metadata of a source. Rejects with the daemon's error. */
  meta(request: MetaRequest): Promise<Meta>;
  /**
   * The host of a policy, which answers the questions of the policy.
   * @param files the policy's folder; absent: it has none
   */
  host(files?: PolicyFiles): PolicyHost;
  /** The first platform of the first worker. Rejects where the daemon has no worker. */
  platform(): Promise<PolicyPlatform>;
}

/** @param global names the builder, and says whether debug lines are shown */
export function policyBuilder(deps: Deps, global: GlobalValues): PolicyBuilder {
  const log = ({ text }: EngineLog) => {
    if (global.debug) deps.stderr.write(`DEBUG: ${text}\n`);
  };
  const verifier = signatureVerifier(engineOptions(deps), warnOnce(deps));
  const open = new AsyncDisposableStack();
  let opening:
    | Promise<{ resolver: SourceResolver; platform: PolicyPlatform | undefined }>
    | undefined;
  async function connect() {
    const nodes = open.use(await reachNodes(deps, global));
    const [reached] = await nodes.each(deps.signal, async ({ client }) => ({
      client,
      workers: await client.listWorkers({ signal: deps.signal }),
    }));
    nodes.check();
    const { client, workers } = reached!;
    const resolver = open.use(sourceResolver(client, {
      services: [
        health,
        auth({
          credentials: logins(deps, (line) => warn(deps, line)),
          note: () => {},
          authority: undefined,
        }),
      ],
      onStatus: () => {},
      signal: deps.signal,
    }));
    return { resolver, platform: defaultPlatform(workers) };
  }
  async function meta(request: MetaRequest): Promise<Meta> {
    const { resolver } = await (opening ??= connect());
    const found = await resolver.resolve(request);
    return metaOf(found, await verifier.ofImage(found, request.platform, log)) ?? {};
  }
  return {
    meta,
    host: (files) => ({
      ...files && { files },
      material: meta,
      attestation: attestationFinder({
        files,
        verifier,
        log,
        resolver: {
          async download(url, options) {
            const { resolver } = await (opening ??= connect());
            return await resolver.download(url, options);
          },
        },
      }),
    }),
    async platform() {
      const { platform } = await (opening ??= connect());
      if (platform === undefined) throw new Error("no workers available in the builder");
      return platform;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
