import type { Client } from "../buildkit/client.ts";
import type { Budget } from "../transports/budget.ts";
import type { DialContext } from "../transports/transport.ts";
import { findEngine } from "../transports/engine/choice.ts";
import type { EngineEndpoint } from "../transports/engine/docker_engine.ts";
import { docker } from "../transports/schemes/docker.ts";
import type { Surroundings } from "./drivers/driver.ts";
import type { WorkerRecord } from "../proto/gen/worker_types.ts";
import type { Builder } from "./builder.ts";
import type { StoredNode } from "./store/node_group.ts";
import { nodeTarget, reachNode } from "./reach_node.ts";

/** The abilities of the BuildKit inside a Docker engine, read from its workers' labels. */
export interface EngineTraits {
  /**
   * The engine keeps images in containerd: every exporter and cache works, and several platforms.
   */
  readonly containerd: boolean;
  /** The address of `host-gateway`; undefined where the engine doesn't name it. */
  readonly hostGateway: string | undefined;
}

/** True when a node's daemon is the one inside a Docker engine. Throws as `nodeTarget` does. */
export function isInsideEngine(
  builder: Builder,
  node: StoredNode,
  surroundings: Surroundings,
): boolean {
  const { registry, endpoint } = nodeTarget(builder, node, surroundings);
  return registry.find(endpoint).insideEngine === true;
}

/** The engine of a node whose daemon is inside one. Throws `DialError`. */
export async function nodeEngine(
  builder: Builder,
  node: StoredNode,
  surroundings: Surroundings,
): Promise<EngineEndpoint> {
  const { endpoint } = nodeTarget(builder, node, surroundings);
  return await findEngine(docker.parse(endpoint), endpoint, surroundings.env);
}

/** Asks a node's engine for its traits. Throws the errors of `connect`, and `RpcError`. */
export async function engineTraits(
  builder: Builder,
  node: StoredNode,
  { registry, context, budget }: {
    readonly registry: Surroundings["registry"];
    readonly context: DialContext;
    readonly budget: Budget;
  },
): Promise<EngineTraits> {
  const { connect } = await import("../buildkit/connect.ts");
  const client: Client = await reachNode(
    { builder, node, registry, env: context.env },
    (target) => connect({ ...target, context, budget }),
  );
  try {
    return traitsOf(await client.listWorkers());
  } finally {
    await client.close();
  }
}

const SNAPSHOTTER = "org.mobyproject.buildkit.worker.snapshotter";
const HOST_GATEWAY = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

/** Only workers with containerd's images name a snapshotter. */
export function traitsOf(
  workers: readonly { readonly Labels: Readonly<WorkerRecord["Labels"]> }[],
): EngineTraits {
  const values = (name: string) => workers.flatMap(({ Labels }) => Labels[name] || []);
  return { containerd: values(SNAPSHOTTER).length > 0, hostGateway: values(HOST_GATEWAY)[0] };
}
