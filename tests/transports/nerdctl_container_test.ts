/**
 * `nerdctl-container` with a stand-in for nerdctl, which Debian lacks: a script that takes the one
 * command that we run, and runs it in a container of a real containerd by that one's own client.
 */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { nerdctlContainer } from "../../transports/schemes/nerdctl_container.ts";
import { writeBuildkitImage } from "../harness/buildkit_image.ts";
import { startContainerd } from "../harness/containerd.ts";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { contract, DIAL_STDIO_CANNOT } from "./contract.ts";
import { context, noLeaks, sleep } from "./contract_help.ts";
import { startPeer } from "./start_peer.ts";

const reason = needsRoot() ??
  await missing("containerd", "runc", "busybox", "buildkitd", "buildctl");

if (!skip(reason) && Deno.build.os !== "windows") {
  const containerd = await startContainerd();
  addEventListener("unload", () => void containerd.stop());
  const folder = `${containerd.root}/nerdctl`;
  const rootfs = `${containerd.root}/rootfs`;
  for (const path of [folder, rootfs]) await Deno.mkdir(path);
  const tar = `${folder}/rootfs.tar`;
  await writeBuildkitImage(tar);
  await check("tar", ["-C", rootfs, "-xf", tar]);
  await Deno.remove(tar);
  const script = `#!/bin/sh
# A stand-in for: nerdctl [--namespace NS] exec -i NAME buildctl dial-stdio
space=default
[ "$1" = --namespace ] && { space=$2; shift 2; }
[ "$1 $2 $4 $5" = "exec -i buildctl dial-stdio" ] || { echo "what is $*?" >&2; exit 2; }
case $3 in
peer*) exec ctr --address "${containerd.socket}" --namespace "$space" \\
  task exec --exec-id "exec$$" "$3" buildctl dial-stdio ;;
stubborn) trap '' TERM; sleep 1037 & echo ready; wait; while :; do sleep 1; done ;;
*) echo "time=… level=fatal msg=\\"no such container $3\\"" >&2; exit 1 ;;
esac
`;
  await Deno.writeTextFile(`${folder}/nerdctl`, script, { mode: 0o755 });
  const dial = (
    endpoint: string,
    inner = context(),
    PATH = `${folder}:${Deno.env.get("PATH")}`,
  ) => {
    const env = (name: string) => name === "PATH" ? PATH : inner.env(name);
    return nerdctlContainer.dial(nerdctlContainer.parse(endpoint), { ...inner, env });
  };
  contract("nerdctl-container, by a stand-in", {
    dial,
    async start() {
      const peer = await startPeer();
      // The name is unique on the machine: runc keeps its state by namespace and name, for any
      // containerd.
      const name = `peer-${crypto.randomUUID()}`;
      const seen = peer.socket.slice(0, peer.socket.lastIndexOf("/"));
      await containerd.ctr(
        "buildkit",
        ...["run", "--detach", "--null-io", "--rootfs"],
        ...["--env=PATH=/bin", "--env=BUILDKIT_HOST=unix:///peer/s"],
        `--mount=type=bind,src=${seen},dst=/peer,options=rbind:rw`,
        ...[rootfs, name, "sleep", "100000"],
      );
      let gone: Promise<void> | undefined;
      const kill = () =>
        gone ??= (async () => {
          await containerd.ctr("buildkit", "task", "kill", "--signal=KILL", name);
          await peer.kill();
        })();
      const endpoint = `nerdctl-container://${name}?namespace=buildkit`;
      return { endpoint, kill, [Symbol.asyncDispose]: kill };
    },
    cannot: DIAL_STDIO_CANNOT,
    outlives: "programs end a moment after their stream is closed",
    hang: "it starts a program, and waits for nothing",
    dead: [["nerdctl-container://nobody", /failed with exit code 1: .*no such container nobody/]],
  });

  Deno.test("a program that ignores SIGTERM is killed with its children", async () => {
    await noLeaks(async () => {
      const { stream } = await dial("nerdctl-container://stubborn");
      await stream.read(new Uint8Array(16));
      while (!lives("sleep 1037")) await sleep(10);
      stream.close();
      while (lives("sleep 1037")) await sleep(10);
    });
  });

  Deno.test("a missing program is named", async () => {
    await assert.rejects(dial("nerdctl-container://b", context(), "/nowhere"), (error) => {
      assert(error instanceof DialError && error.code === "unsupported");
      assert.match(`${error.message}; ${error.hint}`, /nerdctl is not installed; install nerdctl/);
      return true;
    });
  });
}

/** Whether a process has this command line. */
function lives(command: string): boolean {
  return [...Deno.readDirSync("/proc")].some(({ name }) => {
    try {
      return /^\d+$/.test(name) &&
        Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim() === command;
    } catch {
      return false;
    }
  });
}
