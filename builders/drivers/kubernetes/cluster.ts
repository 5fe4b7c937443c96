/** The API server of a node, and requests about the node's objects. */
import { fieldsOf } from "../../../base/json.ts";
import { askKube, type KubeChange, KubeRefusal } from "../../../transports/kube/api.ts";
import { type KubeTarget, kubeTarget } from "../../../transports/kube/config/config.ts";
import { explainKube } from "../../../transports/kube/diagnosis/refusal.ts";
import { inNamespace } from "../../../transports/kube/pod_dial.ts";
import { mapsIn, NAME, textsIn } from "../../../transports/kube/values.ts";
import { interrupted } from "../../../transports/errors.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { BuilderError } from "../../builder_error.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { APP, hasVolumes, kubeconfigOf, workloadOf, workloadWord } from "./names.ts";
import { readPodOptions } from "./options.ts";
import { CONTAINER } from "./objects.ts";

/** A node's objects in its cluster. */
export interface NodeCluster {
  readonly node: StoredNode;
  readonly target: KubeTarget;
  /** The name of the workload, and the value of its pods' label. */
  readonly name: string;
  /** `deployment/NAME` or `statefulset/NAME`, for messages. */
  readonly shown: string;
}

/** The facts about a Deployment or StatefulSet that are read here. */
export interface Workload {
  readonly uid: string;
  /** The number of pods that it shall have, and of those that are ready. */
  readonly replicas: number;
  readonly ready: number;
  /** Why it can't make its pods, in the controller's words. */
  readonly failure?: string;
  /** A builder has made it. */
  readonly isOurs: boolean;
}

export async function nodeClusterOf(node: StoredNode, context: DialContext): Promise<NodeCluster> {
  const { namespace } = readPodOptions(node);
  if (namespace !== undefined && !NAME.test(namespace)) {
    throw new BuilderError(
      `node ${node.name}: ${JSON.stringify(namespace)} is not a valid namespace`,
      {
        hint: "names are made of a-z, 0-9, dots and dashes: see the driver option namespace",
      },
    );
  }
  const kubeconfig = kubeconfigOf(node);
  const choice = { ...namespace && { namespace }, ...kubeconfig && { kubeconfig } };
  let target: KubeTarget;
  try {
    target = await kubeTarget(context.env, choice);
  } catch (error) {
    const failed = { target: undefined, pod: undefined, endpoint: node.endpoint };
    throw await explainKube(failed, error, context);
  }
  return { node, target, name: workloadOf(node), shown: workloadWord(node) };
}

/** The path of the kind of the node's workload. */
function workloadsPath({ node, target }: NodeCluster): string {
  const kind = hasVolumes(node) ? "statefulsets" : "deployments";
  return `/apis/apps/v1/${inNamespace(target.namespace, kind)}`;
}

export function workloadPath(at: NodeCluster, name = at.name): string {
  return `${workloadsPath(at)}${name === "" ? "" : `/${encodeURIComponent(name)}`}`;
}

export function configMapPath({ target }: NodeCluster, name = ""): string {
  const path = `/api/v1/${inNamespace(target.namespace, "configmaps")}`;
  return `${path}${name === "" ? "" : `/${encodeURIComponent(name)}`}`;
}

/** Asks the API server. Throws `KubeRefusal` for the statuses in `mayBe`; else as users read it. */
export async function ask(
  { target, node }: NodeCluster,
  path: string,
  context: DialContext,
  change: KubeChange = {},
  mayBe: readonly number[] = [],
): Promise<unknown> {
  const { endpoint } = node;
  try {
    return await askKube(target, path, endpoint, context, change);
  } catch (error) {
    if (context.signal.aborted) throw interrupted(context.signal, endpoint, "resolve");
    if (error instanceof KubeRefusal && mayBe.includes(error.status)) throw error;
    throw await explainKube({ target, pod: undefined, endpoint }, error, context);
  }
}

/** As `ask`; undefined for an object that doesn't exist. */
export async function askUnlessGone(
  at: NodeCluster,
  path: string,
  context: DialContext,
  change: KubeChange = {},
): Promise<unknown> {
  try {
    return await ask(at, path, context, change, [404]);
  } catch (error) {
    if (error instanceof KubeRefusal) return undefined;
    throw error;
  }
}

/** The node's Deployment or StatefulSet; undefined where there is none. */
export async function workloadAt(
  at: NodeCluster,
  context: DialContext,
): Promise<Workload | undefined> {
  const found = await askUnlessGone(at, workloadPath(at), context);
  return found === undefined ? undefined : workloadIn(found, at.name);
}

/** The pods of the node's workload. */
export async function podsAt(
  at: NodeCluster,
  context: DialContext,
): Promise<Readonly<Record<string, unknown>>[]> {
  const query = new URLSearchParams({ labelSelector: `${APP}=${at.name}` });
  const path = `/api/v1/${inNamespace(at.target.namespace, "pods")}?${query}`;
  return mapsIn(fieldsOf(await ask(at, path, context))["items"]);
}

function workloadIn(value: unknown, name: string): Workload {
  const { metadata, spec, status } = fieldsOf(value);
  const { replicas } = fieldsOf(spec);
  const { readyReplicas, conditions } = fieldsOf(status);
  const failed = mapsIn(conditions).find(({ type, status }) =>
    type === "ReplicaFailure" && status === "True"
  );
  const failure = textsIn(failed, "message").message;
  const inside = fieldsOf(fieldsOf(spec)["template"]);
  const [container] = mapsIn(fieldsOf(inside["spec"])["containers"]);
  const labels = fieldsOf(fieldsOf(inside["metadata"])["labels"]);
  return {
    uid: textsIn(metadata, "uid").uid ?? "",
    replicas: typeof replicas === "number" ? replicas : 1,
    ready: typeof readyReplicas === "number" ? readyReplicas : 0,
    ...failure !== undefined && { failure },
    isOurs: labels[APP] === name && container?.["name"] === CONTAINER,
  };
}

/** Throws for an object of the node's name that no builder has made. */
export function requireOurs({ shown, target }: NodeCluster, { isOurs }: Workload): void {
  if (isOurs) return;
  const { namespace, kubectl } = target;
  throw new BuilderError(
    `${shown} in namespace ${namespace} does not belong to a builder: ` +
      `it lacks the label ${APP} or the container ${CONTAINER}`,
    {
      hint: `choose another --node or namespace, or check whether it is still needed: ` +
        `${kubectl} describe -n ${namespace} ${shown}`,
    },
  );
}
