/** The names of a node's objects in Kubernetes, as buildx gives them. */
import type { StoredNode } from "../../store/node_group.ts";

/** The annotation with a pod's fixed platforms. */
export const PLATFORMS = "buildx.docker.com/platform";
/** The label that the pods are found by. */
export const APP = "app";

/** The name of the node's Deployment or StatefulSet: names in Kubernetes have no underscore. */
export function workloadOf({ name }: Pick<StoredNode, "name">): string {
  return name.replaceAll("_", "-");
}

/** Whether the daemons keep their state in volumes; they are then made by a StatefulSet. */
export function hasVolumes({ driverOpts }: Pick<StoredNode, "driverOpts">): boolean {
  return Boolean(driverOpts?.["persistent-volume-claim.requests.storage"]);
}

/** `deployment/NAME` or `statefulset/NAME`, as kubectl takes it. */
export function workloadWord(node: Pick<StoredNode, "name" | "driverOpts">): string {
  return `${hasVolumes(node) ? "statefulset" : "deployment"}/${workloadOf(node)}`;
}

/** The kubeconfig in a node's endpoint; undefined: that of the environment. */
export function kubeconfigOf({ endpoint }: Pick<StoredNode, "endpoint">): string | undefined {
  const query = /^kubernetes:\/\/[^?]*\?(.*)$/s.exec(endpoint)?.[1] ?? "";
  return new URLSearchParams(query).get("kubeconfig") || undefined;
}

/**
 * The endpoint of a new node. A node without a name is named later. Until then its endpoint has a
 * random name, which only makes endpoints differ.
 */
export function newEndpoint(builder: string, node: string, kubeconfig: string): string {
  const random = crypto.getRandomValues(new Uint8Array(3)).toHex().slice(0, 5);
  const deployment = node || `buildkit-${crypto.randomUUID()}-${random}`;
  return `kubernetes:///${builder}?${new URLSearchParams({ deployment, kubeconfig })}`;
}
