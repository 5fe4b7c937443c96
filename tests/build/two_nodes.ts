/** A builder with two nodes: two real daemons, one for each of two platforms. */
import { pushBaseImage } from "../harness/base_image.ts";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import { type Workspace, workspace } from "./workspace.ts";

export interface TwoNodes extends AsyncDisposable {
  /** `a`, then `b`. */
  readonly daemons: readonly [Buildkitd, Buildkitd];
  readonly registry: Registry;
}

export async function twoNodes(): Promise<TwoNodes> {
  const registry = await startRegistry();
  const config = registry.config({ mirror: true });
  const daemons = [await startBuildkitd({ config }), await startBuildkitd({ config })] as const;
  await pushBaseImage(daemons[0].address, registry.host, []);
  return {
    daemons,
    registry,
    async [Symbol.asyncDispose]() {
      await Promise.all([...daemons, registry].map((daemon) => daemon.stop()));
    },
  };
}

/**
 * A workspace whose builder has the nodes.
 * @param fixed the platforms of each node, like `linux/amd64`; empty for none
 */
export async function nodesWorkspace(
  daemons: readonly { readonly address: string }[],
  fixed: readonly string[],
): Promise<Workspace> {
  const space = await workspace("unix:///nowhere");
  const nodes = daemons.map(({ address }, index) => ({
    Name: "ab"[index],
    Endpoint: address,
    Platforms: fixed[index]
      ? fixed[index].split(",").map((text) => {
        const [os, architecture, variant] = text.split("/");
        return { architecture, os, ...variant && { variant } };
      })
      : null,
    DriverOpts: null,
    Flags: null,
    Files: null,
  }));
  const group = { Name: "test", Driver: "remote", Nodes: nodes, Dynamic: false };
  space.write({ ".store/instances/test": JSON.stringify(group) });
  return space;
}
