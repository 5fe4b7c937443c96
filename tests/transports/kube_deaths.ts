/** Parts of a real Kubernetes that die during a connection. The cluster is unusable afterwards. */
import assert from "node:assert/strict";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { writeAll } from "../../base/bytes.ts";
import { soon } from "../../transports/contract/expect.ts";
import { dialKube, fails, startPeerPod, using, writeKubeconfig } from "./kube_cluster.ts";

/** Registers the tests. They must be the last ones. */
export function kubeDeaths(cluster: Kubernetes): void {
  // A resource that ends in one test may have been opened in another.
  const lax = { sanitizeOps: false, sanitizeResources: false };
  Deno.test("kube-pod: a dead kubelet and a dead API server are named", lax, async (t) => {
    await using peer = await startPeerPod(cluster);
    const admin = using(await writeKubeconfig(cluster));
    /** Opens a stream, and waits for the peer's greeting. */
    const waiting = async (endpoint: string) => {
      const { stream } = await dialKube(endpoint, admin);
      await writeAll(stream, new TextEncoder().encode("wait\n"));
      assert.equal(await stream.read(new Uint8Array(16)), 5);
      return stream;
    };
    const forwarded = `${peer.endpoint}?mode=port-forward&port=${peer.port}`;
    await t.step("the kubelet", async () => {
      const streams = await Promise.all([peer.endpoint, forwarded].map(waiting));
      await cluster.kubelet.kill();
      for (const stream of streams) {
        // A plain end counts, too, because the API server may report nothing.
        const read = stream.read(new Uint8Array(1)).then((count) => assert.equal(count, null));
        const end = read.catch((error) => assert(!(error instanceof assert.AssertionError)));
        await soon(end, "the end of the stream", 20_000);
        stream.close();
      }
      await fails(
        peer.endpoint,
        admin,
        /the API server can't reach the node of pod peer\d+: .*(dial|read) tcp .*; check that the kubelet is running/,
        "unreachable",
      );
      await fails(forwarded, admin, /the API server can't reach the node of pod/, "unreachable");
    });
    await t.step("the API server", async () => {
      await cluster.apiServer.kill();
      await fails(
        peer.endpoint,
        admin,
        /the API server https:\/\/127\.0\.0\.1:\d+ can't be reached: connection refused/,
        "unreachable",
      );
    });
  });
}
