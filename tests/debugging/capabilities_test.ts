/**
 * Daemons that can't do all that debugging needs. The daemon is a real one behind a mock, which
 * changes the names of capabilities in its answers, so that the client doesn't find them.
 */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { type Workspace, workspace } from "../build/workspace.ts";
import { breakAt, launch } from "./dap_client.ts";
import { ours } from "./dap_adapters.ts";
import { accept } from "../harness/accept.ts";
import { eventually } from "../harness/manual_clock.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** A daemon without the capabilities whose names begin with one of these. */
async function lacking(...names: string[]): Promise<Workspace> {
  const folder = Deno.makeTempDirSync({ prefix: "fl-lacking-" });
  const listener = Deno.listen({ transport: "unix", path: `${folder}/s` });
  const path = shared.address.replace("unix://", "");
  const accepting = accept(listener, async (conn) => {
    const daemon = await Deno.connect({ transport: "unix", path });
    const answers = daemon.readable.pipeThrough(renaming(names));
    await Promise.all([conn.readable.pipeTo(daemon.writable), answers.pipeTo(conn.writable)]);
  });
  const it = await workspace(`unix://${folder}/s`);
  return {
    ...it,
    async [Symbol.asyncDispose]() {
      await accepting[Symbol.asyncDispose]();
      Deno.removeSync(folder, { recursive: true });
      await it[Symbol.asyncDispose]();
    },
  };
}

/** Changes the last letter of names; an answer with capabilities comes in one piece. */
function renaming(names: readonly string[]): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(bytes, controller) {
      let text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      for (const name of names) text = text.replaceAll(name, `${name.slice(0, -1)}_`);
      controller.enqueue(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    },
  });
}

const dockerfile = "FROM busybox\nRUN echo left > /made && cat nothing\n";

test("without gateway.exec there is no shell, and all else works", async () => {
  await using it = await lacking("gateway.exec");
  it.write({ "ctx/Dockerfile": dockerfile });
  const shell = await fails(it.fairlead(["build", "--shell-on-error", "ctx"], {}, "echo never\n"));
  assert.match(
    shell.stderr,
    /WARNING: no shell: the builder is too old: a shell needs BuildKit 0\.8/,
  );
  assert.match(shell.stderr, /ERROR: failed to build: .*exit code: 1/);
  const before = await it.fairlead(["build", "-q", "--files=1:/bin/busybox", "ctx"]);
  assert.match(before.stdout, /busybox/, before.stderr);
  const failed = await fails(it.fairlead(["build", "-q", "--cat=2:/made", "ctx"]));
  assert.match(failed.stderr, /WARNING: the builder is too old to show the files that a failed/);
  assert.match(failed.stderr, /exit code: 1/);
});

test("without gateway.exec, the adapter steps, and refuses a shell", async () => {
  await using it = await lacking("gateway.exec", "gateway.solve.evaluate");
  it.write({ "ctx/Dockerfile": "FROM busybox\nRUN echo one > /one\nRUN echo two\n" });
  await using client = ours(it);
  const path = it.path("ctx/Dockerfile");
  await launch(client, { dockerfile: path, contextPath: it.path("ctx") }, breakAt(path, 2));
  await client.event("stopped");
  await client.request("next", { threadId: 1 });
  await client.event("stopped");
  // The step before the stop has run; its progress comes when it comes.
  await eventually(() => /RUN echo one/.test(client.output()));
  await assert.rejects(
    client.request("evaluate", { expression: "exec", context: "repl" }),
    /the builder is too old: a shell needs BuildKit 0\.8 or newer/,
  );
  await client.request("continue", { threadId: 1 });
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
});
