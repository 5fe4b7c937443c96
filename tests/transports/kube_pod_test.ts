/** `kube-pod` on a real Kubernetes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { kubernetesMissing, startKubernetes } from "../harness/kubernetes.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { contract, DIAL_STDIO_CANNOT } from "./contract.ts";
import { silentPort } from "../harness/silent_port.ts";
import { writeAll } from "../../base/bytes.ts";
import { readExactly, soon } from "../../transports/contract/expect.ts";
import { kubeRefusals } from "./kube_refusals.ts";
import { kubeBuilds } from "./kube_builds.ts";
import { kubeDeaths } from "./kube_deaths.ts";
import { kubeDoctor } from "./kube_doctor.ts";
import { kubeDriver } from "./kube_driver.ts";
import { kubeMaker } from "./kube_maker.ts";
import { kubeLosses } from "./kube_losses.ts";
import { kubeSelectors } from "./kube_selectors.ts";
import { kubeStarting } from "./kube_starting.ts";
import { kubeWays } from "./kube_ways.ts";
import { patternAt } from "./pattern.ts";
import { dialKube, startPeerPod, using, writeKubeconfig } from "./kube_cluster.ts";

const reason = needsRoot() ?? await kubernetesMissing() ?? await missing("buildkitd", "busybox");
const cluster = reason === undefined
  ? await startKubernetes().catch((error: Error) => error)
  : new Error(reason);

if (cluster instanceof Error) skip(reason ?? `Kubernetes doesn't start here: ${cluster.message}`);
else {
  addEventListener("unload", () => {
    void cluster.stop();
    // An unload handler is not awaited, so the folder is removed synchronously.
    Deno.removeSync(cluster.certs.dir, { recursive: true });
  });
  const admin = await writeKubeconfig(cluster);

  /** An API server that takes connections and says nothing. */
  const silent = (options: string) => async () => {
    const silence = silentPort();
    const server = `https://127.0.0.1:${silence.port}`;
    const kubeconfig = await writeKubeconfig(cluster, { cluster: { server } });
    return { ...silence, endpoint: `kube-pod://x?kubeconfig=${kubeconfig}${options}` };
  };

  contract("kube-pod", {
    dial: (endpoint, context) => dialKube(endpoint, using(admin, context)),
    start: () => startPeerPod(cluster),
    cannot: {
      ...DIAL_STDIO_CANNOT,
      "reset by the far side":
        "containerd does not report a program's end while megabytes of stdin wait",
    },
    hang: silent(""),
    dead: [
      ["kube-pod://nobody", /no pod "nobody" in namespace default$/],
      ["kube-pod://nobody?context=none", /the kubeconfig has no context "none"$/],
      ["kube-pod://?selector=app=none", /no pod in namespace default has the labels app=none$/],
    ],
  });

  Deno.test("kube-pod: a reset by the peer ends the stream", async () => {
    await using peer = await startPeerPod(cluster);
    const { stream } = await dialKube(peer.endpoint, using(admin));
    await writeAll(stream, new TextEncoder().encode("reset\n"));
    await readExactly(stream, 5);
    await writeAll(stream, patternAt(0, 64 << 10));
    await soon(stream.read(new Uint8Array(1)).catch(() => null), "the end of the stream", 10_000);
    await assert.rejects(writeAll(stream, patternAt(0, 64 << 10)));
    stream.close();
  });

  Deno.test("kube-pod: a reset by the peer in a flood ends the stream, though nothing reports it", async () => {
    await using peer = await startPeerPod(cluster);
    const { stream } = await dialKube(peer.endpoint, using(admin));
    await writeAll(stream, new TextEncoder().encode("reset\n"));
    await readExactly(stream, 5);
    const writing = assert.rejects((async () => {
      for (;;) await writeAll(stream, patternAt(0, 64 << 10));
    })());
    const reading = stream.read(new Uint8Array(1)).catch((error) => error);
    await soon(Promise.all([writing, reading]), "the end of the stream", 60_000);
    stream.close();
  });

  contract("kube-pod by a forwarded port", {
    dial: (endpoint, context) => dialKube(endpoint, using(admin, context)),
    async start() {
      const peer = await startPeerPod(cluster);
      const endpoint = `${peer.endpoint}?mode=port-forward&port=${peer.port}`;
      return { ...peer, endpoint };
    },
    cannot: {
      "64 MiB each way at once, with a slow reader":
        "it ends with a half-close; see the echo below",
      "half-closed on the far side": "a forwarded port can't half-close",
    },
    hang: silent("&mode=port-forward"),
    dead: [["kube-pod://nobody?mode=port-forward", /no pod "nobody" in namespace default$/]],
  });

  Deno.test("kube-pod by a forwarded port: 64 MiB each way at once", async () => {
    await using peer = await startPeerPod(cluster);
    const endpoint = `${peer.endpoint}?mode=port-forward&port=${peer.port}`;
    const { stream } = await dialKube(endpoint, using(admin));
    await writeAll(stream, new TextEncoder().encode("echo\n"));
    const size = 64 << 20;
    const [expected, got] = [createHash("sha256"), createHash("sha256")];
    const send = async () => {
      for (let at = 0; at < size; at += 256 << 10) {
        const part = patternAt(at, 256 << 10);
        expected.update(part);
        await writeAll(stream, part);
      }
    };
    const receive = async () => {
      const buffer = new Uint8Array(64 << 10);
      for (let left = size; left > 0;) {
        const count = await stream.read(buffer.subarray(0, left));
        assert(count !== null, `the stream ended ${left} bytes early`);
        got.update(buffer.subarray(0, count));
        left -= count;
      }
    };
    await Promise.all([send(), receive()]);
    stream.close();
    assert.equal(got.digest("hex"), expected.digest("hex"));
  });

  kubeRefusals(cluster);
  kubeWays(cluster);
  kubeSelectors(cluster);
  kubeDoctor(cluster);
  kubeBuilds(cluster);
  if (!skip(await missing("buildx"))) {
    kubeDriver(cluster);
    kubeMaker(cluster);
  }
  kubeLosses(cluster);
  kubeStarting(cluster);
  kubeDeaths(cluster);
}
