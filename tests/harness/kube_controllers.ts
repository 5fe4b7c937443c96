/**
 * A stand-in for Kubernetes' controllers and scheduler, which the tests don't run: it makes the
 * pods of every Deployment and StatefulSet in the namespace `default`, on the one node, reports
 * them in the status, makes lost ones again, and removes those of a workload that is gone.
 */
import type { KubeApi, KubeObject } from "./kube_api.ts";
import { podImage } from "./kube_containerd.ts";
import { deletePod, isReady, podsPath } from "./kube_pod.ts";
import { nodeName } from "./kubernetes.ts";

/** The label of the pods that are made here, and the label with their workload's UID. */
const BY = "made-by", OF = "made-for";
const LOOK_MS = 150;

export function startControllers(api: KubeApi): AsyncDisposable {
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      // The API server may be restarted meanwhile.
      await reconcile(api).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    await reconcile(api).catch(() => {});
  })();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await running;
    },
  };
}

async function reconcile(api: KubeApi): Promise<void> {
  const path = podsPath();
  const list = async (kind: string) =>
    (await api.call("GET", `/apis/apps/v1/namespaces/default/${kind}`)).items as KubeObject[];
  const pods: KubeObject[] = (await api.call("GET", `${path}?labelSelector=${BY}`)).items;
  const wanted = new Set<string>();
  for (const kind of ["deployments", "statefulsets"]) {
    for (const workload of await list(kind)) {
      const { name, uid } = workload.metadata;
      let ready = 0;
      for (let i = 0; i < workload.spec.replicas; i++) {
        const pod = `${name}-${i}`;
        wanted.add(pod);
        const found = pods.find(({ metadata }) => metadata.name === pod);
        if (found === undefined) await api.try("POST", path, podOf(workload, pod));
        else if (found.status?.phase === "Failed" || found.metadata.labels[OF] !== uid) {
          await deletePod(api, pod);
        } else if (isReady(found)) ready++;
      }
      if ((workload.status.readyReplicas ?? 0) === ready) continue;
      const status = { replicas: workload.spec.replicas, readyReplicas: ready };
      const own = `/apis/apps/v1/namespaces/default/${kind}/${name}/status`;
      await api.try("PUT", own, { ...workload, status: { ...workload.status, ...status } });
    }
  }
  for (const { metadata } of pods) {
    if (!wanted.has(metadata.name)) await deletePod(api, metadata.name);
  }
}

/** A pod of a workload's template. A claim's volume is a folder of the pod. */
function podOf(
  { metadata: { uid }, spec: { template, volumeClaimTemplates = [] } }: KubeObject,
  name: string,
) {
  const { metadata, spec } = structuredClone(template);
  const [container] = spec.containers;
  container.imagePullPolicy = "Never";
  // The image that the tests make has no entry point; BuildKit's own has this.
  if (container.image === podImage) container.command = ["buildkitd"];
  Object.assign(container.readinessProbe, { initialDelaySeconds: 0, periodSeconds: 1 });
  return {
    metadata: { ...metadata, name, labels: { ...metadata.labels, [BY]: "tests", [OF]: uid } },
    spec: {
      ...spec,
      ...{ nodeName, hostNetwork: true, automountServiceAccountToken: false },
      ...{ enableServiceLinks: false, terminationGracePeriodSeconds: 0 },
      volumes: [
        ...spec.volumes ?? [],
        ...volumeClaimTemplates.map((claim: KubeObject) => ({
          name: claim.metadata.name,
          emptyDir: {},
        })),
      ],
    },
  };
}
