/** Tests that need a process of its own: signals, exit codes, closed pipes, an unusable home. */
import assert from "node:assert/strict";
import { fairlead, fairleadCommand, type Running, start } from "../harness/fairlead.ts";
import { run } from "../harness/run.ts";
import { type SilentPort, silentPort } from "../harness/silent_port.ts";
import { untilListening } from "../harness/until_listening.ts";
import { tempStore } from "./temp_store.ts";
import { succeeds } from "../harness/ended.ts";

/** Starts `inspect` by another command, and waits until it waits for the daemon at the port. */
async function listening(
  way: readonly string[],
  port: SilentPort,
  store: string,
): Promise<Running> {
  const env = { BUILDX_CONFIG: store, BUILDKIT_HOST: port.endpoint, BUILDX_BUILDER: "" };
  const running = start([...way, ...fairleadCommand("inspect")], { env });
  await port.connected();
  if (Deno.build.os === "linux") await untilListening(running.child.pid);
  return running;
}

for (
  const [what, signal, expected] of [
    ["an interrupt", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 130],
    ["the end of the terminal", "SIGHUP", 129],
  ] as const
) {
  Deno.test({
    name: `${what} ends a command that waits for a daemon, with ${expected}`,
    ignore: Deno.build.os === "windows" || signal === "SIGHUP" && Deno.build.os !== "linux",
  }, async () => {
    using temp = tempStore();
    await using port = silentPort();
    const { child, ended } = await listening([], port, temp.path);
    child.kill(signal);
    const { code, stderr } = await ended;
    assert.equal(stderr, "ERROR: context canceled\n");
    assert.equal(code, expected);
    assert.deepEqual(temp.files(), []);
  });
}

Deno.test({
  name: "a program under nohup ignores the end of the terminal",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using temp = tempStore();
  await using port = silentPort();
  const ignoring = ["sh", "-c", `trap "" HUP; exec "$@"`, "sh"];
  const { child, ended } = await listening(ignoring, port, temp.path);
  child.kill("SIGHUP");
  child.kill("SIGTERM");
  const { code } = await ended;
  assert.equal(code, 130, "the second one has ended it");
});

Deno.test({
  name: "a reader that has gone ends the program silently",
  ignore: Deno.build.os === "windows",
}, async () => {
  const script = `"$@" | true; echo "\${PIPESTATUS[0]}"`;
  const words = fairleadCommand("build", "--help");
  const { stdout, stderr } = await run("bash", ["-c", script, "bash", ...words]);
  assert.deepEqual([stdout, stderr], ["141\n", ""]);
});

Deno.test("an error ends with exit code 1, and a usage error shows no stack", async () => {
  const { code, stdout, stderr } = await fairlead(["ls", "--nope"]);
  assert.deepEqual({ code, stdout, stderr }, {
    code: 1,
    stdout: "",
    stderr: "ERROR: unknown flag: --nope\n",
  });
});

Deno.test("a store that can't be written is read as empty", async () => {
  const { stdout, stderr } = await succeeds(fairlead(["ls"], {
    env: {
      BUILDX_CONFIG: "/proc/none",
      BUILDKIT_HOST: "",
      BUILDX_BUILDER: "",
      DOCKER_HOST: "unix:///nowhere/s",
    },
  }));
  assert.match(stdout, /^NAME\/NODE/);
  // No message concerns the store. The only engine left to build on isn't there.
  assert.match(
    stderr,
    /^\nCannot load builder default: .* no such socket\n {2}hint: start docker, or/,
  );
  assert.equal(stderr.trim().split("\n").length, 2, stderr);
});
