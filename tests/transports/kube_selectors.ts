/** Which of several pods a selector gives, on a real Kubernetes. */
import assert from "node:assert/strict";
import { until } from "../harness/daemon.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { deletePod, makePod, podsPath, sleeps } from "../harness/kube_pod.ts";
import { context } from "./contract_help.ts";
import { fails, reaches, startPeerPod, using, writeKubeconfig } from "./kube_cluster.ts";

/** Registers the tests. */
export function kubeSelectors(cluster: Kubernetes): void {
  const { api } = cluster;

  Deno.test("kube-pod: a selector chooses one of several pods", async (t) => {
    const admin = await writeKubeconfig(cluster);
    const on = (affinity: string) => ({ ...using(admin), affinity });
    const labels = { app: "many", tier: "a" };
    const three = [1, 2, 3].map(() => startPeerPod(cluster, labels));
    const pods = await Promise.all(three);
    const names = pods.map(({ name }) => name);
    const chosen = async (endpoint: string, affinity = "") =>
      (await reaches(endpoint, on(affinity))).authority;
    const keys = Array.from({ length: 12 }, (_, i) => `/home/me/project${i}`);
    const sticky = new Map<string, string>();
    await t.step("sticky: the same one for the same build context", async () => {
      for (const key of keys) sticky.set(key, await chosen("kube-pod://?selector=app=many", key));
      for (const key of keys) {
        assert.equal(await chosen("kube-pod://?selector=app=many", key), sticky.get(key));
      }
      // That 12 keys all lead to one of three has the chance of 1 to 177147.
      assert(new Set(sticky.values()).size > 1, "different keys have different pods");
    });
    await t.step("random: each pod is chosen at some time", async () => {
      const seen = new Set<string>();
      for (let i = 0; seen.size < 3 && i < 100; i++) {
        seen.add(await chosen("kube-pod://?selector=app%20in%20(many)&loadbalance=random"));
      }
      assert.deepEqual([...seen].sort(), [...names].sort());
    });
    await t.step("by a forwarded port", async () => {
      // The node's network is shared: each pod leads to the same port.
      const endpoint = `kube-pod://?selector=tier=a&mode=port-forward&port=${pods[0]!.port}`;
      assert(names.includes(await chosen(endpoint)));
    });
    await t.step("a pod that is gone: its keys move, and no others", async () => {
      await pods[0]!.kill();
      for (const key of keys) {
        const now = await chosen("kube-pod://?selector=app=many", key);
        if (sticky.get(key) !== names[0]) assert.equal(now, sticky.get(key));
        else assert.notEqual(now, names[0]);
      }
    });
    await t.step("pods that have no daemon are passed over", async () => {
      for (let i = 0; i < 4; i++) {
        await makePod(api, { name: `empty${i}`, labels, containers: { main: sleeps } });
      }
      // Two of six: that no key's first choice is an empty one has the chance of 1 to 500,000.
      for (const key of keys) await reaches("kube-pod://?selector=app=many", on(key));
    });
    await t.step("all of them fail: each one's reason", async () => {
      for (const pod of pods) await pod.kill();
      await fails(
        "kube-pod://?selector=app=many",
        using(admin),
        /no pod could be used: (empty\d: buildctl dial-stdio in container main of empty\d failed with exit code 1: [^;]*(; |$)){4}/s,
        "unreachable",
      );
      for (let i = 0; i < 4; i++) await deletePod(api, `empty${i}`);
    });
  });

  Deno.test("kube-pod: pods that are not ready or terminate are passed over", async () => {
    const admin = using(await writeKubeconfig(cluster), context());
    const labels = { app: "unfit" };
    const never = { command: ["sleep", "1000000"], readyWhen: ["false"] };
    await makePod(
      api,
      { name: "unready", labels, containers: { main: never } },
      (pod) => pod.status?.phase === "Running",
    );
    const stubborn = { command: ["sh", "-c", "trap : TERM; while :; do sleep 0.2; done"] };
    await makePod(api, { name: "leaving", labels, containers: { main: stubborn } });
    await api.call("DELETE", `${podsPath()}/leaving`, { gracePeriodSeconds: 60 });
    const leaving = async () =>
      (await api.try("GET", `${podsPath()}/leaving`))?.metadata.deletionTimestamp !== undefined;
    assert(await until(leaving, 10_000));
    await fails(
      "kube-pod://?selector=app=unfit",
      admin,
      /no pod with the labels app=unfit in namespace default is ready: (?=.*leaving is terminating)(?=.*unready is not ready).*; see kubectl get pods -n default -l 'app=unfit'$/,
      "unreachable",
    );
    await deletePod(api, "leaving");
    await deletePod(api, "unready");
  });
}
