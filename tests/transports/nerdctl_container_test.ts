/**
 * `nerdctl-container` with a stand-in for nerdctl, which Debian lacks: a script that takes the one
 * command that we run, and relays to the peer by the real `buildctl dial-stdio`.
 */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { nerdctlContainer } from "../../transports/nerdctl_container.ts";
import { skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { contract, DIAL_STDIO_CANNOT } from "./contract.ts";
import { context, sleep } from "./contract_help.ts";
import { startPeer } from "./start_peer.ts";

const reason = await missing("buildctl");

if (!skip(reason) && Deno.build.os !== "windows") {
  const folder = await Deno.makeTempDir({ prefix: "fl-nerd-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const script = `#!/bin/sh
# A stand-in for: nerdctl [--namespace NS] exec -i NAME buildctl dial-stdio
[ "$1" = --namespace ] && shift 2
[ "$1 $2 $4 $5" = "exec -i buildctl dial-stdio" ] || { echo "what is $*?" >&2; exit 2; }
case $3 in
peer*) exec "${await need("buildctl")}" --addr "unix://$(cat "${folder}/$3")" dial-stdio ;;
stubborn) trap '' TERM; sleep 1037 & echo ready; wait; while :; do sleep 1; done ;;
*) echo "time=… level=fatal msg=\\"no such container $3\\"" >&2; exit 1 ;;
esac
`;
  await Deno.writeTextFile(`${folder}/nerdctl`, script, { mode: 0o755 });
  // The program is found by PATH: this process's own.
  Deno.env.set("PATH", `${folder}:${Deno.env.get("PATH")}`);
  const dial = (endpoint: string, inner = context()) =>
    nerdctlContainer.dial(nerdctlContainer.parse(endpoint), inner);
  let count = 0;

  contract("nerdctl-container, by a stand-in", {
    dial,
    async start() {
      const peer = await startPeer();
      const name = `peer${++count}`;
      await Deno.writeTextFile(`${folder}/${name}`, peer.socket);
      return Object.assign(peer, { endpoint: `nerdctl-container://${name}?namespace=buildkit` });
    },
    cannot: DIAL_STDIO_CANNOT,
    outlives: "programs end a moment after their stream is closed",
    dead: [["nerdctl-container://nobody", /failed with exit code 1: .*no such container nobody/]],
  });

  Deno.test("a program that doesn't heed SIGTERM is killed with all it started", async () => {
    const { stream } = await dial("nerdctl-container://stubborn");
    await stream.read(new Uint8Array(16));
    while (!lives("sleep 1037")) await sleep(10);
    stream.close();
    while (lives("sleep 1037")) await sleep(10);
    await sleep(100);
  });

  Deno.test("a program that is absent", async () => {
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", "/nowhere");
    try {
      await assert.rejects(dial("nerdctl-container://b"), (error) => {
        assert(error instanceof DialError && error.code === "unsupported");
        assert.match(
          `${error.message}; ${error.hint}`,
          /nerdctl is not installed; install nerdctl/,
        );
        return true;
      });
    } finally {
      Deno.env.set("PATH", path);
    }
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
