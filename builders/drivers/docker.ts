import { docker as transport } from "../../transports/schemes/docker.ts";
import { currentContext } from "../../transports/engine/docker_context.ts";
import type { Driver } from "./driver.ts";

/** The BuildKit inside the engine of a docker context, which the node's endpoint names. */
export const docker: Driver = {
  name: "docker",
  target: ({ endpoint }, { registry, env }) => ({
    registry,
    endpoint: transport.describe(endpoint === currentContext(env) ? {} : { context: endpoint }),
    tls: {},
  }),
  loads: () => true,
  remedy(_node, _builder, { code }) {
    if (code !== "not-found" && code !== "unreachable") return undefined;
    return `start docker, or choose another daemon: ` +
      "fairlead create --use tcp://HOST:PORT, or set BUILDKIT_HOST";
  },
};
