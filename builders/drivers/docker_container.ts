import { dockerProgram } from "../../transports/engine/choice.ts";
import { currentContext } from "../../transports/engine/docker_context.ts";
import { dockerContainer as transport } from "../../transports/schemes/docker_container.ts";
import type { Env } from "../../transports/transport.ts";
import { readDefaultLoad } from "../driver_options.ts";
import type { StoredNode } from "../store/node_group.ts";
import { containerOf, containerRemedy, engineOf } from "./docker_container/names.ts";
import type { Driver } from "./driver.ts";

/**
 * buildkitd in a container `buildx_buildkit_NODE` of the engine that the node's endpoint names, by
 * a docker context or by its address.
 */
export const dockerContainer: Driver = {
  name: "docker-container",
  target: (node, { registry, env }) => {
    const spec = { container: containerOf(node), ...engineOf(node, env) };
    return { registry, endpoint: transport.describe(spec), tls: {} };
  },
  loads: (node) => readDefaultLoad(node),
  remedy: (node, builder, error, env) =>
    containerRemedy(node, builder, error, () => program(node, env)),
  maker: async () => (await import("./docker_container/maker.ts")).dockerMaker,
};

/** docker's program for the node's engine. */
function program(node: StoredNode, env: Env): string {
  const engine = engineOf(node, env);
  return dockerProgram(engine.context === currentContext(env) ? {} : engine);
}
