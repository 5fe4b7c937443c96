import { podmanContainer as transport } from "../../transports/schemes/podman_container.ts";
import { readDefaultLoad } from "../driver_options.ts";
import { containerOf, containerRemedy } from "./docker_container/names.ts";
import type { Driver } from "./driver.ts";

/**
 * buildkitd in a container `buildx_buildkit_NODE` of podman, whose service the node's endpoint
 * names by its address. buildx has no such driver.
 */
export const podmanContainer: Driver = {
  name: "podman-container",
  target: (node, { registry }) => {
    const endpoint = transport.describe({ container: containerOf(node), host: node.endpoint });
    return { registry, endpoint, tls: {} };
  },
  loads: (node) => readDefaultLoad(node),
  remedy: (node, builder, error) =>
    containerRemedy(node, builder, error, () => `podman --url=${node.endpoint}`),
  maker: async () => (await import("./docker_container/maker.ts")).podmanMaker,
};
