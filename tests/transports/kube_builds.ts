/** Builds on a real buildkitd in a pod, by the program itself. */
import assert from "node:assert/strict";
import { until } from "../harness/daemon.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { buildkitdContainer, makePod } from "../harness/kube_pod.ts";
import { freePort } from "../harness/daemon.ts";
import { run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { fairlead, fairleadCommand } from "./fairlead.ts";
import { writeKubeconfig } from "./kube_cluster.ts";

/** Registers the tests. */
export function kubeBuilds(cluster: Kubernetes): void {
  const { api, root } = cluster;

  Deno.test("kube-pod: a real buildkitd in a pod", async (t) => {
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
        const { stderr } = await fairlead(args, { ...env, BUILDKIT_HOST: endpoint });
        assert.match(stderr, /ran as 42/);
        assert((await Deno.stat(`${root}/out/bin/sh`)).isFile);
        await Deno.remove(`${root}/out`, { recursive: true });
        await none();
      });
    }
    await t.step("as a builder", async () => {
      await fairlead(["create", "--name", "pods", "--driver=remote", "kube-pod://buildkitd"], env);
      const { stdout } = await fairlead(["inspect", "pods"], env);
      assert.match(stdout, /Endpoint: +kube-pod:\/\/buildkitd\nStatus: +running/);
      await fairlead(["rm", "pods"], env);
    });

    for (const [what, signal] of [["cancelled", "SIGINT"], ["killed", "SIGKILL"]] as const) {
      await t.step(`${what}: nothing is left in the pod`, async () => {
        // The seconds tell this step's process from all others'.
        const sleep = `sleep ${1_000_000 + crypto.getRandomValues(new Uint32Array(1))[0]!}`;
        await dockerfile(sleep);
        const [program, ...args] = fairleadCommand("build", "--progress=plain", folder);
        const child = new Deno.Command(program!, {
          args,
          env: { ...env, BUILDKIT_HOST: "kube-pod://buildkitd" },
          stdin: "null",
          stdout: "null",
          stderr: "piped",
        }).spawn();
        let said = "";
        const reading = (async () => {
          for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
        })();
        const sleeping = async () => (await run("pgrep", ["-f", `${sleep}$`])).stdout !== "";
        assert(await until(sleeping, 30_000), `the step runs: ${said}`);
        assert(await relays() > 0, "the relay runs");
        child.kill(signal);
        await Promise.all([child.status, reading]);
        assert(await until(async () => !await sleeping(), 60_000), "the step has ended");
        await none();
      });
    }
  });
}

/** Whether a process runs in a container of this cluster: other tests have relays, too. */
function inPod(root: string, pid: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/mountinfo`).includes(`${root}/`);
  } catch {
    return false;
  }
}
