import type { EngineChoice } from "../../../transports/engine/choice.ts";
import { contextNames } from "../../../transports/engine/docker_context.ts";
import type { Env } from "../../../transports/transport.ts";
import type { StoredNode } from "../../store/node_group.ts";

/** The engine of a node: its endpoint is the name of a docker context, or the engine's address. */
export function engineOf({ endpoint }: Pick<StoredNode, "endpoint">, env: Env): EngineChoice {
  return contextNames(env).includes(endpoint) ? { context: endpoint } : { host: endpoint };
}
