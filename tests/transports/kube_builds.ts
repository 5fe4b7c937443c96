/** Builds on a real buildkitd in a pod, by the program itself. */
import assert from "node:assert/strict";
import { until } from "../harness/daemon.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { buildkitdContainer, makePod } from "../harness/kube_pod.ts";
import { freePort } from "../harness/daemon.ts";
import { check, run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { soon } from "../../transports/contract/expect.ts";
import { checkFairlead, fairleadCommand, startFairlead } from "../harness/fairlead.ts";
import { writeKubeconfig } from "./kube_cluster.ts";

/** Registers the tests. */
export function kubeBuilds(cluster: Kubernetes): void {
  const { api, root } = cluster;

  Deno.test("kube-pod: a real buildkitd in a pod builds", async (t) => {
    const port = freePort();
    const daemon = buildkitdContainer(
      "--addr=unix:///run/buildkit/buildkitd.sock",
      `--addr=tcp://127.0.0.1:${port}`,
    );
    const labels = { app: "buildkitd" };
    await makePod(api, { name: "buildkitd", labels, containers: { buildkitd: daemon } });
    const folder = `${root}/context`;
    await Deno.mkdir(folder);
    await Deno.copyFile(await need("busybox"), `${folder}/sh`);
    const env = {
      KUBECONFIG: await writeKubeconfig(cluster),
      BUILDX_CONFIG: `${root}/buildx`,
      DOCKER_CONFIG: `${root}/docker`,
    };
    const dockerfile = (words: string) =>
      Deno.writeTextFile(
        `${folder}/Dockerfile`,
        `FROM scratch\nCOPY sh /bin/sh\nRUN ${words}\n`,
      );
    const relays = async () =>
      (await run("pgrep", ["-f", "^buildctl dial-stdio"])).stdout.split("\n").filter(Boolean)
        .filter((pid) => inPod(root, pid)).length;
    const none = async () => assert(await until(async () => await relays() === 0, 15_000));

    for (
      const endpoint of [
        "kube-pod://buildkitd",
        "kube-pod://?selector=app=buildkitd",
        `kube-pod://?selector=app=buildkitd&mode=port-forward&port=${port}`,
      ]
    ) {
      await t.step(endpoint.replace(`${port}`, "PORT"), async () => {
        const mark = crypto.randomUUID();
        await dockerfile(`echo ${mark} ran as $((40 + 2))`);
        const args = ["build", "--progress=plain", "-o", `type=local,dest=${root}/out`, folder];
        const { stderr } = await checkFairlead(args, { ...env, BUILDKIT_HOST: endpoint });
        assert.match(stderr, /ran as 42/);
        assert((await Deno.stat(`${root}/out/bin/sh`)).isFile);
        await Deno.remove(`${root}/out`, { recursive: true });
        await none();
      });
    }
    await t.step("clients of a proxy to a forwarded port leave no connection behind", async () => {
      const url = `kube-pod://buildkitd?mode=port-forward&port=${port}`;
      const [program, ...args] = fairleadCommand("proxy", url, "--listen=tcp://127.0.0.1:0");
      const proxy = new Deno.Command(program, {
        args,
        env,
        stdin: "null",
        stdout: "piped",
      }).spawn();
      const reader = proxy.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const address = (await reader.read()).value!.trim();
      const buildctl = await need("buildctl");
      for (let i = 0; i < 3; i++) await check(buildctl, ["--addr", address, "debug", "workers"]);
      assert(await until(async () => await connections(port) === 0, 15_000), "they are closed");
      // A client that stops writing, and reads the rest.
      const { hostname, port: near } = new URL(address);
      const client = await Deno.connect({ hostname, port: Number(near) });
      await client.write(new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
      await client.closeWrite();
      const read = async () => {
        let got = 0;
        for (const into = new Uint8Array(100);;) {
          const count = await client.read(into);
          if (count === null) return got;
          got += count;
        }
      };
      assert(await soon(read(), "the end", 15_000) > 0, "what the daemon says comes all the same");
      client.close();
      proxy.kill();
      await Promise.all([proxy.status, reader.cancel()]);
    });
    await t.step("as a builder", async () => {
      await checkFairlead(
        ["create", "--name", "pods", "--driver=remote", "kube-pod://buildkitd"],
        env,
      );
      const { stdout } = await checkFairlead(["inspect", "pods"], env);
      assert.match(stdout, /Endpoint: +kube-pod:\/\/buildkitd\nStatus: +running/);
      await checkFairlead(["rm", "pods"], env);
    });

    for (const [what, signal] of [["cancelled", "SIGINT"], ["killed", "SIGKILL"]] as const) {
      await t.step(`${what}: nothing is left in the pod`, async () => {
        // The seconds tell this step's process from all others'.
        const sleep = `sleep ${1_000_000 + crypto.getRandomValues(new Uint32Array(1))[0]!}`;
        await dockerfile(sleep);
        const own = { env: { ...env, BUILDKIT_HOST: "kube-pod://buildkitd" } };
        const { child, said, ended } = startFairlead(["build", "--progress=plain", folder], own);
        const sleeping = async () => (await run("pgrep", ["-f", `${sleep}$`])).stdout !== "";
        assert(await until(sleeping, 30_000), `the step runs: ${said()}`);
        assert(await relays() > 0, "the relay runs");
        child.kill(signal);
        await ended;
        assert(await until(async () => !await sleeping(), 60_000), "the step has ended");
        await none();
      });
    }
  });
}

/** How many connections are open to a port of this machine. */
async function connections(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (await Deno.readTextFile("/proc/net/tcp")).split("\n");
  // Local address, remote address, state: 01 is an open one.
  return lines.filter((line) =>
    / 0100007F:\w+ 0100007F:\w+ 01 /.test(line) && line.includes(`:${hex} 01`)
  ).length;
}

/** Whether a process runs in a container of this cluster: other tests have relays, too. */
function inPod(root: string, pid: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/mountinfo`).includes(`${root}/`);
  } catch {
    return false;
  }
}
