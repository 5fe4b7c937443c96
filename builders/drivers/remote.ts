import { readDriverOptions } from "../driver_options.ts";
import { nodeRegistry } from "../node_registry.ts";
import type { Driver } from "./driver.ts";

/** A daemon that somebody runs somewhere: the node's endpoint says where. */
export const remote: Driver = {
  name: "remote",
  target: (node, { registry }) => ({
    registry: nodeRegistry(registry, node),
    endpoint: node.endpoint,
    tls: readDriverOptions(node).tls,
  }),
  loads: (node) => readDriverOptions(node).defaultLoad,
};
