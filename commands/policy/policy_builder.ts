/** The builder that policy commands ask about sources: its first node, connected to on demand. */
import { auth } from "../../buildkit/session/auth.ts";
import { health } from "../../buildkit/session/health.ts";
import { logins } from "../../cli/builders/logins.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import type { Deps } from "../../cli/deps.ts";
import type { GlobalValues } from "../../cli/flags/spec.ts";
import { warn } from "../../cli/warn.ts";
import {
  type Meta,
  metaOf,
  type MetaRequest,
  type PolicyPlatform,
} from "../../policies/source_meta.ts";
import { type SourceResolver, sourceResolver } from "../../policies/source_resolver.ts";

export interface PolicyBuilder extends AsyncDisposable {
  /** Metadata of a source. Rejects with the daemon's error. */
  meta(request: MetaRequest): Promise<Meta>;
  /** The first platform of the first worker. Rejects where the daemon has no worker. */
  platform(): Promise<PolicyPlatform>;
}

/** @param global names the builder */
export function policyBuilder(deps: Deps, global: GlobalValues): PolicyBuilder {
  const open = new AsyncDisposableStack();
  let opening:
    | Promise<{ resolver: SourceResolver; platform: PolicyPlatform | undefined }>
    | undefined;
  async function reach() {
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
    const platform = workers[0]?.platforms[0];
    return {
      resolver,
      platform: platform &&
        { os: platform.OS, architecture: platform.Architecture, variant: platform.Variant },
    };
  }
  return {
    async meta(request) {
      const { resolver } = await (opening ??= reach());
      return metaOf(await resolver.resolve(request)) ?? {};
    },
    async platform() {
      const { platform } = await (opening ??= reach());
      if (platform === undefined) throw new Error("no workers available in the builder");
      return platform;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
