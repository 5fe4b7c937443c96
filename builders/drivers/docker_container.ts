import { dockerProgram, type EngineChoice } from "../../transports/engine/choice.ts";
import { dockerContainer as transport } from "../../transports/schemes/docker_container.ts";
import type { Env } from "../../transports/transport.ts";
import { contextNames, currentContext } from "../../transports/engine/docker_context.ts";
import { readDefaultLoad } from "../driver_options.ts";
import type { StoredNode } from "../store/node_group.ts";
import type { Driver } from "./driver.ts";

/**
 * Builders that buildx has made: buildkitd in a container `buildx_buildkit_NODE` of the engine that
 * the node's endpoint names, by a docker context or by its address.
 */
export const dockerContainer: Driver = {
  name: "docker-container",
  target: (node, { registry, env }) => {
    const spec = { container: containerOf(node), ...engineOf(node, env) };
    return { registry, endpoint: transport.describe(spec), tls: {} };
  },
  loads: (node) => readDefaultLoad(node),
  remedy(node, builder, { state }, env) {
    const boot = `docker buildx inspect --bootstrap ${builder}`;
    if (state === "stopped") {
      return `start it: ${program(node, env)} start ${containerOf(node)}, or ${boot}`;
    }
    return state === "missing" ? `let buildx make it: ${boot}` : undefined;
  },
  stopCommand: (node, env) => `${program(node, env)} stop ${containerOf(node)}`,
};

function containerOf({ name }: StoredNode): string {
  return `buildx_buildkit_${name}`;
}

/** What is no context's name is an address. */
function engineOf({ endpoint }: StoredNode, env: Env): EngineChoice {
  return contextNames(env).includes(endpoint) ? { context: endpoint } : { host: endpoint };
}

/** docker's program for the node's engine. */
function program(node: StoredNode, env: Env): string {
  const engine = engineOf(node, env);
  return dockerProgram(engine.context === currentContext(env) ? {} : engine);
}
