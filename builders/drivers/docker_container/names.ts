/** The names of a node's container and volume, which are buildx's, and the engine that has them. */
import type { EngineChoice } from "../../../transports/engine/choice.ts";
import { contextNames } from "../../../transports/engine/docker_context.ts";
import type { DialError } from "../../../transports/errors.ts";
import type { Env } from "../../../transports/transport.ts";
import type { StoredNode } from "../../store/node_group.ts";

/** The engine of a node: its endpoint is the name of a docker context, or the engine's address. */
export function engineOf({ endpoint }: Pick<StoredNode, "endpoint">, env: Env): EngineChoice {
  return contextNames(env).includes(endpoint) ? { context: endpoint } : { host: endpoint };
}

/** The container of a node. */
export function containerOf({ name }: Pick<StoredNode, "name">): string {
  return `buildx_buildkit_${name}`;
}

/** The volume with a node's cache. */
export function volumeOf(node: Pick<StoredNode, "name">): string {
  return `${containerOf(node)}_state`;
}

/** The remedy for a container that is missing or stopped. @param program the engine's client */
export function containerRemedy(
  node: StoredNode,
  builder: string,
  { state }: DialError,
  program: () => string,
): string | undefined {
  const boot = `fairlead inspect --bootstrap ${builder}`;
  if (state === "stopped") return `start it: ${boot}, or ${program()} start ${containerOf(node)}`;
  return state === "missing" ? `a build creates it, and so does ${boot}` : undefined;
}
