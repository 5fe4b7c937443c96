/**
 * Parts of a real Kubernetes that die in the middle of real builds. Each build ends soon with an
 * error that names the event; with `--retry`, it is repeated when the part is back.
 */
import assert from "node:assert/strict";
import { freePort, until } from "../harness/daemon.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import {
  buildkitdContainer,
  type ContainerSpec,
  deletePod,
  makePod,
  podsPath,
} from "../harness/kube_pod.ts";
import { run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { soon } from "../../transports/contract/expect.ts";
import { denoDir, startFairlead } from "../harness/fairlead.ts";
import { writeKubeconfig } from "./kube_cluster.ts";

/** Each loss must be reported within this time, in ms. */
const LIMIT = 30_000;
const SOCKET = "--addr=unix:///run/buildkit/buildkitd.sock";
/** A line of JSON progress that shows megabytes of the context uploaded. */
const UPLOADING = /"transferring[^}]*"current":[1-9]\d{6,}/;
/**
 * Marks the processes in the pods of these tests in their environment: there are other processes,
 * and other clusters.
 */
const MARK = `LOSSES_${Deno.pid}`;
const BEGUN = /(?:^| )begun$/m;

interface Build {
  readonly endpoint: string;
  readonly args?: readonly string[];
  /** The output at which `act` is called. */
  readonly at: RegExp;
  act(): Promise<void>;
  /** Called at the first message of another attempt. */
  repair?(): Promise<void>;
}

/** Registers the tests. */
export function kubeLosses(cluster: Kubernetes): void {
  const { api, root } = cluster;
  const pod = (name: string, container: ContainerSpec = buildkitdContainer(SOCKET)) =>
    makePod(api, { name, containers: { daemon: { ...container, env: { [MARK]: "1" } } } });
  const there = async (name: string) => await api.try("GET", `${podsPath()}/${name}`) !== undefined;
  const fresh = async () => {
    await deletePod(api, "lost");
    assert(await until(async () => !await there("lost"), 30_000), "the old pod goes");
    const gone = async () => (await ownProcesses("-x", "buildkitd")).length === 0;
    assert(await until(gone, 30_000), "its daemon goes");
  };
  /** Processes in the pods of these tests. */
  const ownProcesses = async (...pattern: string[]) => {
    const { stdout } = await run("pgrep", pattern);
    return stdout.split("\n").filter((pid) => pid !== "" && isOwn(pid));
  };
  const onlyOne = async (...pattern: string[]) => {
    const own = await ownProcesses(...pattern);
    assert.equal(own.length, 1, `${pattern}: ${own}`);
    return Number(own[0]);
  };
  const killDaemon = async () => Deno.kill(await onlyOne("-x", "buildkitd"), "SIGKILL");

  // The daemons that replace dead ones live on for the tests after this one.
  const lax = { sanitizeOps: false, sanitizeResources: false };
  Deno.test("kube-pod: the part that is lost in mid-build is named", lax, async (t) => {
    const env = { HOME: root, KUBECONFIG: await writeKubeconfig(cluster), DENO_DIR: denoDir };
    const folder = `${root}/losses`;
    await Deno.mkdir(folder);
    await Deno.copyFile(await need("busybox"), `${folder}/sh`);
    const big = `${folder}/big`;
    /** A sparse file that is larger than a test can upload. */
    const prepare = async (dockerfile: string, size = 0) => {
      await Deno.writeTextFile(`${folder}/Dockerfile`, `FROM scratch\n${dockerfile}\n`);
      await Deno.writeTextFile(big, "");
      await Deno.truncate(big, size);
    };
    const upload = () => prepare("COPY big /", 64 * 2 ** 30);
    /** A step that takes a while, the first time and each time. */
    const step = () =>
      prepare(`COPY sh /bin/sh\nRUN echo ${crypto.randomUUID()}; echo begun; sleep 5; echo done`);

    const build = async ({ endpoint, args = [], at, act, repair }: Build) => {
      const json = at === UPLOADING ? ["--progress=rawjson"] : ["--progress=plain"];
      const own = { env: { ...env, BUILDKIT_HOST: endpoint } };
      const running = startFairlead(["build", ...json, ...args, folder], own);
      try {
        await running.until(at);
        await act();
        if (repair !== undefined) {
          await running.until(/building again/);
          await repair();
        }
      } catch (error) {
        running.child.kill();
        await running.ended;
        throw error;
      }
      const { code, stderr } = await running.ended;
      return { code, said: stderr };
    };
    const loses = async (what: Build, expected: RegExp) => {
      let lost: Promise<void> | undefined;
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const act = async () => {
        await what.act();
        lost = soon(over, "the end of the build", LIMIT);
        lost.catch(() => {});
      };
      const { code, said } = await build({ ...what, act });
      resolve();
      await lost;
      assert.equal(code, 1, said);
      const [error, ...more] = said.split("\n").filter((line) => line.startsWith("ERROR: "));
      assert.deepEqual(more, []);
      assert.match(
        error ?? said,
        /^ERROR: .*the connection to kube-pod:\S+ was lost during build /,
      );
      assert.match(error!, expected);
      const hint = said.split("\n").findLast((line) => line.startsWith("hint: ")) ?? "";
      assert.match(hint, /^hint: .*to build again when this happens: --retry N$/);
      assert.doesNotMatch(hint, /kubectl/);
    };
    const builtAgain = ({ code, said }: { code: number; said: string }) => {
      assert.equal(code, 0, said);
      assert.match(said, /was lost during build \w+: .*; building again, attempt 1 of 20/);
    };
    const retry = ["--retry=20"];
    const endpoint = "kube-pod://lost";
    const port = freePort();
    const forwarded = `kube-pod://lost?mode=port-forward&port=${port}`;
    const both = buildkitdContainer(SOCKET, `--addr=tcp://127.0.0.1:${port}`);

    for (const way of [endpoint, forwarded]) {
      await t.step(
        `${way.replace(String(port), "PORT")}: the container dies in mid-upload`,
        async () => {
          await fresh();
          await pod("lost", both);
          await upload();
          await loses(
            { endpoint: way, at: UPLOADING, act: killDaemon },
            /: container daemon of pod lost was ended by signal 9 \(Error, exit code 137\)$/,
          );
          await deletePod(api, "lost");
          assert(await until(async () => !await there("lost"), 30_000));
        },
      );
    }
    await t.step("the daemon dies, and its container lives on", async () => {
      await fresh();
      const { command, ...more } = buildkitdContainer(SOCKET);
      const line = `${command.join(" ")}; sleep 1000000`;
      await pod("lost", { ...more, command: ["sh", "-c", line] });
      await upload();
      await loses(
        { endpoint, at: UPLOADING, act: killDaemon },
        /: buildctl dial-stdio in pod lost failed with exit code 1: .*buildkitd\.sock/,
      );
    });
    await t.step("the container runs out of memory, and is started again", async () => {
      await fresh();
      const { command, ...more } = buildkitdContainer(SOCKET);
      // When the container should die, its first process takes all the memory that it can get.
      const line = `rm -f /tmp/now; ${command.join(" ")} & ` +
        "until [ -e /tmp/now ]; do sleep 0.1; done; exec tail /dev/zero";
      const own = { env: { [MARK]: "1" }, memory: "200Mi" };
      const container = { ...more, ...own, command: ["sh", "-c", line] };
      await makePod(api, {
        name: "lost",
        restartPolicy: "Always",
        containers: { daemon: container },
      });
      await upload();
      const act = async () => {
        const pid = await onlyOne("-f", "exec tail /dev/zero$");
        await Deno.writeTextFile(`/proc/${pid}/root/tmp/now`, "");
      };
      await loses(
        { endpoint, at: UPLOADING, act },
        /: container daemon of pod lost ran out of memory and was killed \(OOMKilled, exit code 137\)/,
      );
    });
    await t.step("the pod is deleted in mid-step", async () => {
      await fresh();
      await pod("lost");
      await step();
      await loses(
        { endpoint, at: BEGUN, act: () => deletePod(api, "lost") },
        /: pod lost (?:of namespace default was|is being) deleted/,
      );
    });
    await t.step("the pod is created again, and the build repeated", async () => {
      await fresh();
      await pod("lost");
      await step();
      builtAgain(
        await build({
          ...{ endpoint, args: retry, at: BEGUN },
          act: () => deletePod(api, "lost"),
          repair: async () => {
            await fresh();
            await pod("lost");
          },
        }),
      );
    });
    await t.step("the kubelet dies in mid-upload", async () => {
      await upload();
      await loses(
        { endpoint, at: UPLOADING, act: () => cluster.kubelet.kill() },
        /: the API server can't reach the node of pod lost: error dialing backend: .*: connection re/,
      ).finally(() => cluster.revive("kubelet"));
    });
    await t.step("the kubelet comes back, and the build is repeated", async () => {
      await step();
      builtAgain(
        await build({
          ...{ endpoint, args: retry, at: BEGUN },
          act: () => cluster.kubelet.kill(),
          repair: () => cluster.revive("kubelet"),
        }),
      );
    });
    await t.step("the API server dies in mid-upload", async () => {
      await upload();
      await loses(
        { endpoint, at: UPLOADING, act: () => cluster.apiServer.kill() },
        /: the (?:API server https:\S+ can't be reached|connection to https:\S+ broke): /,
      ).finally(() => cluster.revive("apiServer"));
    });
    await t.step(
      "the API server comes back: the build is repeated, and nothing is left in the pod",
      async () => {
        await step();
        builtAgain(
          await build({
            ...{ endpoint, args: retry, at: BEGUN },
            act: () => cluster.apiServer.kill(),
            repair: () => cluster.revive("apiServer"),
          }),
        );
        const relays = async () => {
          const { stdout } = await run("pgrep", ["-f", "^buildctl dial-stdio"]);
          return stdout.split("\n").filter((pid) => pid !== "" && isOwn(pid));
        };
        assert(await until(async () => (await relays()).length === 0, 30_000), "relays are left");
        await deletePod(api, "lost");
      },
    );
  });
}

/** Whether a process runs in one of the pods of these tests. */
function isOwn(pid: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`${MARK}=`);
  } catch {
    return false;
  }
}
