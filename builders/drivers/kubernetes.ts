import { kubePod } from "../../transports/schemes/kube_pod.ts";
import { BuilderError } from "../builder_error.ts";
import { readDefaultLoad } from "../driver_options.ts";
import { parsePlatforms, type Platform } from "../platforms.ts";
import type { StoredNode } from "../store/node_group.ts";
import type { Driver } from "./driver.ts";
import { APP, kubeconfigOf, PLATFORMS, workloadOf } from "./kubernetes/names.ts";

/**
 * buildkitd in the pods of a Deployment, or of a StatefulSet with volumes, which has the node's
 * name. The node's endpoint
 *
 *     kubernetes:///BUILDER?deployment=…&kubeconfig=FILE
 *
 * names the kubeconfig, whose current context is used; `deployment` only makes endpoints differ.
 * Each pod has a daemon and a cache of its own.
 */
export const kubernetes: Driver = {
  name: "kubernetes",
  target: (node, { registry }) => ({ registry, endpoint: endpointOf(node), tls: {} }),
  async members(node, context) {
    const { podMembers } = await import("../../transports/kube/members.ts");
    const pods = await podMembers(endpointOf(withoutMember(node)), context);
    return pods.map(({ name, annotations }) => {
      const platforms = platformsIn(annotations[PLATFORMS]);
      return { name, ...platforms && { platforms } };
    });
  },
  loads: (node) => readDefaultLoad(node),
  remedy: (_, builder, { state }) =>
    state === "missing"
      ? `a build creates it, and so does fairlead inspect --bootstrap ${builder}`
      : undefined,
  maker: async () => (await import("./kubernetes/maker.ts")).maker,
};

function endpointOf(node: StoredNode): string {
  const { namespace, loadbalance = "sticky" } = node.driverOpts ?? {};
  if (loadbalance !== "sticky" && loadbalance !== "random") {
    throw new BuilderError(
      `node ${node.name}: invalid loadbalance ${JSON.stringify(loadbalance)}`,
      {
        hint: "the driver option loadbalance must be sticky or random",
      },
    );
  }
  const kubeconfig = kubeconfigOf(node);
  return kubePod.describe({
    ...node.member === undefined
      ? { selector: `${APP}=${workloadOf(node)}`, loadbalance }
      : { pod: node.member.name },
    container: "buildkitd",
    ...namespace && { namespace },
    ...kubeconfig && { kubeconfig },
  });
}

function withoutMember({ member: _, ...node }: StoredNode): StoredNode {
  return node;
}

function platformsIn(text: string | undefined): Platform[] | undefined {
  if (text === undefined) return undefined;
  try {
    return parsePlatforms([text]);
  } catch {
    // buildx ignores it, too.
    return undefined;
  }
}
