/** Pods on the one node of the tests' Kubernetes. */
import { until } from "./daemon.ts";
import type { KubeApi, KubeObject } from "./kube_api.ts";
import { podImage } from "./kube_containerd.ts";
import { nodeName } from "./kubernetes.ts";

export interface PodSpec {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: `Never`. */
  readonly restartPolicy?: "Always" | "Never";
  /** By name; each of them runs a command. */
  readonly containers: Readonly<Record<string, ContainerSpec>>;
}

export interface ContainerSpec {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of this machine, seen at `/peer`. */
  readonly folder?: string;
  readonly image?: string;
  /** The memory limit in Kubernetes' notation: `100Mi`. */
  readonly memory?: string;
  /** A command that must succeed before the pod is ready. */
  readonly readyWhen?: readonly string[];
}

/** A container that only sleeps, so that a test can enter it. */
export const sleeps: ContainerSpec = { command: ["sleep", "1000000"] };

/** buildkitd as root, listening on its usual socket. */
export function buildkitdContainer(...args: string[]): ContainerSpec {
  const root = ["--root=/var/lib/buildkit", "--oci-worker-snapshotter=native"];
  return {
    command: ["buildkitd", ...root, "--oci-worker-net=host", ...args],
    readyWhen: ["buildctl", "debug", "workers"],
  };
}

export function podsPath(namespace = "default"): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

/** Makes a pod and waits until it is in a state: ready, unless said otherwise. */
export async function makePod(
  api: KubeApi,
  spec: PodSpec,
  reached: (pod: KubeObject) => boolean = isReady,
): Promise<void> {
  const path = podsPath(spec.namespace);
  await api.call("POST", path, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: spec.name, labels: spec.labels ?? {} },
    spec: {
      ...podOf(spec.containers),
      ...spec.restartPolicy !== undefined && { restartPolicy: spec.restartPolicy },
    },
  });
  let last: KubeObject;
  const arrived = async () => {
    last = await api.try("GET", `${path}/${spec.name}`);
    return last !== undefined && reached(last);
  };
  if (await until(arrived, 60_000)) return;
  throw new Error(`pod ${spec.name} is ${JSON.stringify(last?.status)}`);
}

/** The inside of a pod, or of a Deployment's template. */
function podOf(containers: PodSpec["containers"]): KubeObject {
  return {
    nodeName,
    // There is no network of pods.
    hostNetwork: true,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    containers: Object.entries(containers).map(([name, container]) => ({
      name,
      image: container.image ?? podImage,
      imagePullPolicy: "Never",
      command: container.command,
      env: Object.entries(container.env ?? {}).map(([name, value]) => ({ name, value })),
      securityContext: { privileged: true },
      ...container.memory !== undefined && { resources: { limits: { memory: container.memory } } },
      ...container.folder !== undefined && { volumeMounts: [{ name: "peer", mountPath: "/peer" }] },
      ...container.readyWhen !== undefined && {
        readinessProbe: { exec: { command: container.readyWhen }, periodSeconds: 1 },
      },
    })),
    volumes: Object.values(containers).filter(({ folder }) => folder !== undefined)
      .map(({ folder }) => ({ name: "peer", hostPath: { path: folder } })),
  };
}

export function isReady(pod: KubeObject): boolean {
  return pod.status?.conditions?.some((one: KubeObject) =>
    one.type === "Ready" && one.status === "True"
  );
}

/** Deletes the pod at once, without waiting for its processes. */
export async function deletePod(api: KubeApi, name: string, namespace?: string): Promise<void> {
  await api.try("DELETE", `${podsPath(namespace)}/${name}`, {
    apiVersion: "v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: 0,
  });
}
