/** A stand-in for Kubernetes' controllers and scheduler, which the tests don't run. */
import { until } from "./daemon.ts";
import type { KubeApi } from "./kube_api.ts";
import { podImage } from "./kube_containerd.ts";
import { deletePod, isReady, podsPath } from "./kube_pod.ts";
import { nodeName } from "./kubernetes.ts";

/**
 * Makes the pods of a Deployment in the namespace `default` as it describes them, on the one node
 * and with the node's own image, waits until they are ready, and says so in the Deployment's status.
 * Gives their names.
 */
export async function deploy(api: KubeApi, name: string): Promise<string[]> {
  const path = `/apis/apps/v1/namespaces/default/deployments/${name}`;
  const there = async () => await api.try("GET", path) !== undefined;
  if (!await until(there, 30_000)) throw new Error(`there is no Deployment ${name}`);
  const { spec } = await api.call("GET", path);
  const pods = Array.from({ length: spec.replicas }, (_, i) => `${name}-${i}`);
  for (const pod of pods) {
    const { metadata, spec: inside } = structuredClone(spec.template);
    Object.assign(inside, {
      nodeName,
      hostNetwork: true,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
    });
    const [container] = inside.containers;
    // The image that it names is BuildKit's own, whose entry point is this.
    Object.assign(container, { image: podImage, imagePullPolicy: "Never", command: ["buildkitd"] });
    container.readinessProbe = { ...container.readinessProbe, initialDelaySeconds: 0 };
    container.readinessProbe.periodSeconds = 1;
    await api.call("POST", podsPath(), { metadata: { ...metadata, name: pod }, spec: inside });
  }
  for (const pod of pods) {
    const ready = async () => isReady(await api.try("GET", `${podsPath()}/${pod}`) ?? {});
    if (!await until(ready, 60_000)) throw new Error(`pod ${pod} is not ready`);
  }
  await tell(api, path, pods.length);
  return pods;
}

/** Scales to zero: the pods are gone, and the status says so. */
export async function undeploy(api: KubeApi, name: string, pods: string[]): Promise<void> {
  for (const pod of pods) await deletePod(api, pod);
  await tell(api, `/apis/apps/v1/namespaces/default/deployments/${name}`, 0);
}

async function tell(api: KubeApi, path: string, replicas: number): Promise<void> {
  const deployment = await api.call("GET", path);
  deployment.status = { replicas, readyReplicas: replicas, availableReplicas: replicas };
  await api.call("PUT", `${path}/status`, deployment);
}
