/** An API server that still starts: RBAC's rules are not loaded yet, so accounts may be refused. */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { makeAccount } from "../harness/kube_account.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { dialKube, startPeerPod, using, writeKubeconfig } from "./kube_cluster.ts";

/** Registers the test, which starts the API server again. */
export function kubeStarting(cluster: Kubernetes): void {
  const { api } = cluster;

  // The API server that is started here serves other tests, too.
  const lax = { sanitizeOps: false, sanitizeResources: false };
  Deno.test(
    "kube-pod: a refusal by an API server that still starts is retried",
    lax,
    async () => {
      await using peer = await startPeerPod(cluster);
      const rules = [{ resources: ["pods/exec"], verbs: ["create", "get"] }];
      const token = await makeAccount(api, "default", "early", rules);
      const own = using(await writeKubeconfig(cluster, { user: { token } }));
      const attempt = async () => {
        try {
          (await dialKube(peer.endpoint, own)).stream.close();
          return "in";
        } catch (error) {
          assert(error instanceof DialError && error.retryable, String(error));
          return error.problem;
        }
      };
      assert.equal(await attempt(), "in");
      await cluster.apiServer.kill();
      const revived = cluster.revive("apiServer");
      const met = new Set<string>();
      for (let found = ""; found !== "in"; met.add(found)) found = await attempt();
      await revived;
      assert(met.size > 1, "it was away");
      // An account without rules is refused, and stays refused.
      const nobody = await makeAccount(api, "default", "early-nobody", []);
      const without = using(await writeKubeconfig(cluster, { user: { token: nobody } }));
      await assert.rejects(dialKube(peer.endpoint, without), (error) => {
        assert(error instanceof DialError && !error.retryable, String(error));
        assert.match(error.problem, /may not get pods\/exec in namespace default/);
        return true;
      });
    },
  );
}
