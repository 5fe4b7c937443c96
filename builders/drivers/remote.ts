import { schemeOf } from "../../transports/endpoint.ts";
import { kubePod } from "../../transports/schemes/kube_pod.ts";
import { readDriverOptions } from "../driver_options.ts";
import { nodeRegistry } from "../node_registry.ts";
import type { StoredNode } from "../store/node_group.ts";
import type { Driver } from "./driver.ts";

/**
 * Builders whose daemons run already, at the endpoints of their nodes. A selector of pods means one
 * daemon for each pod, with its own cache and history.
 */
export const remote: Driver = {
  name: "remote",
  target: (node, { registry }) => ({
    registry: nodeRegistry(registry, node),
    endpoint: node.member === undefined ? node.endpoint : onePod(node.endpoint, node.member.name),
    tls: readDriverOptions(node).tls,
  }),
  async members(node, context) {
    if (!isSelector(node)) return [];
    const { podMembers } = await import("../../transports/kube/members.ts");
    const pods = await podMembers(node.endpoint, context);
    return pods.filter(({ isReady }) => isReady).map(({ name }) => ({ name }));
  },
  loads: (node) => readDriverOptions(node).defaultLoad,
};

function isSelector({ endpoint, driverOpts }: StoredNode): boolean {
  if (schemeOf(endpoint) !== kubePod.scheme || driverOpts?.transport !== undefined) return false;
  return kubePod.parse(endpoint).selector !== undefined;
}

/** The endpoint of one of a selector's pods. */
function onePod(endpoint: string, pod: string): string {
  const { selector: _, loadbalance: __, ...rest } = kubePod.parse(endpoint);
  return kubePod.describe({ ...rest, pod });
}
