import { kubePod } from "../../transports/kube_pod.ts";
import { BuilderError } from "../builder_error.ts";
import { readDefaultLoad } from "../driver_options.ts";
import type { StoredNode } from "../store/node_group.ts";
import type { Driver } from "./driver.ts";

/**
 * Builders that buildx has made: buildkitd in the pods of a Deployment (with a volume: of a
 * StatefulSet) that is called as the node. The node's endpoint,
 *
 *     kubernetes:///BUILDER?deployment=…&kubeconfig=FILE
 *
 * says by which kubeconfig, and of its current context; `deployment` only makes endpoints differ.
 * buildx shows such a node once for each of its pods, here it is one.
 */
export const kubernetes: Driver = {
  name: "kubernetes",
  target: (node, { registry }) => ({ registry, endpoint: endpointOf(node), tls: {} }),
  loads: (node) => readDefaultLoad(node),
  remedy: (_, builder, { state }) =>
    state === "missing"
      ? `let buildx make it: docker buildx inspect --bootstrap ${builder}`
      : undefined,
  stopCommand(node, env) {
    const { namespace, "persistent-volume-claim.requests.storage": volume } = node.driverOpts ?? {};
    const file = kubeconfigOf(node);
    const words = [
      "kubectl",
      ...file && file !== env("KUBECONFIG") ? [`--kubeconfig=${file}`] : [],
      "scale",
      ...namespace ? ["-n", namespace] : [],
      `${volume ? "statefulset" : "deployment"}/${workloadOf(node)}`,
      "--replicas=0",
    ];
    return words.join(" ");
  },
};

function endpointOf(node: StoredNode): string {
  const { namespace, loadbalance = "sticky" } = node.driverOpts ?? {};
  if (loadbalance !== "sticky" && loadbalance !== "random") {
    throw new BuilderError(
      `node ${node.name}: invalid loadbalance ${JSON.stringify(loadbalance)}`,
      {
        hint: "the driver option loadbalance is sticky or random",
      },
    );
  }
  const kubeconfig = kubeconfigOf(node);
  return kubePod.describe({
    selector: `app=${workloadOf(node)}`,
    container: "buildkitd",
    loadbalance,
    ...namespace && { namespace },
    ...kubeconfig && { kubeconfig },
  });
}

function kubeconfigOf({ endpoint }: StoredNode): string | null {
  const query = /^kubernetes:\/\/[^?]*\?(.*)$/s.exec(endpoint)?.[1] ?? "";
  return new URLSearchParams(query).get("kubeconfig");
}

/** No Kubernetes name may have an underscore. */
function workloadOf({ name }: StoredNode): string {
  return name.replaceAll("_", "-");
}
