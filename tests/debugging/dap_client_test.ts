/**
 * The adapter, driven by a client that isn't ours: that of VS Code's tests, which launches, sets a
 * breakpoint and checks the stop as their authors think that an adapter behaves.
 */
import assert from "node:assert/strict";
import { DebugClient } from "@vscode/debugadapter-testsupport";
import { withShared } from "../harness/shared.ts";
import { workspace } from "../build/workspace.ts";
import { fairleadCommand } from "../harness/fairlead.ts";

const { ignore, shared } = await withShared();

/** The client keeps timers that its package never clears, and node's child processes. */
const unsanitized = { sanitizeOps: false, sanitizeResources: false };

async function session(
  dockerfile: string,
  work: (client: DebugClient, path: string, dir: string) => Promise<void>,
): Promise<void> {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile": dockerfile,
    adapter: `exec ${fairleadCommand().join(" ")} dap build\n`,
  });
  const client = new DebugClient("/bin/sh", it.path("adapter"), "dockerfile", {
    cwd: it.dir,
    env: it.env,
  });
  client.defaultTimeout = 60_000;
  const exited = Promise.withResolvers<void>();
  client.once("exited", () => exited.resolve());
  await client.start();
  try {
    await work(client, it.path("ctx/Dockerfile"), it.path("ctx"));
  } finally {
    // An adapter that has ended doesn't answer the request that this makes.
    void client.stop();
    await Promise.race([exited.promise, new Promise((resolve) => setTimeout(resolve, 10_000))]);
  }
}

Deno.test({
  name: "VS Code's test client: a breakpoint, steps, variables, and the end",
  ignore,
  ...unsanitized,
}, async () => {
  const dockerfile = "FROM busybox\nWORKDIR /w\nRUN echo one > f\nRUN echo two\n";
  await session(dockerfile, async (client, path, contextPath) => {
    await client.hitBreakpoint(
      { dockerfile: path, contextPath },
      { path, line: 3, verified: false },
    );
    const { body: { threads } } = await client.threadsRequest();
    assert.deepEqual(threads, [{ id: 1, name: "default" }]);
    const stop = client.assertStoppedLocation("step", { path, line: 4 });
    await client.nextRequest({ threadId: 1 });
    const { body: { stackFrames } } = await stop;
    const { body: { scopes } } = await client.scopesRequest({ frameId: stackFrames[0]!.id });
    assert.deepEqual(scopes.map(({ name }) => name), ["Arguments", "File Explorer"]);
    const { variablesReference } = scopes[1]!;
    const { body: { variables } } = await client.variablesRequest({ variablesReference });
    assert.deepEqual(variables.map(({ name }) => name), ["/"]);
    const over = Promise.all([client.waitForEvent("terminated"), client.waitForEvent("exited")]);
    await client.continueRequest({ threadId: 1 });
    const [, exited] = await over;
    assert.deepEqual(exited.body, { exitCode: 0 });
  });
});

Deno.test({
  name: "VS Code's test client: a failed step, a restart, and a disconnect",
  ignore,
  ...unsanitized,
}, async () => {
  const dockerfile = "FROM busybox\nRUN cat nothing\n";
  await session(dockerfile, async (client, path, contextPath) => {
    const launch = { dockerfile: path, contextPath };
    await Promise.all([
      client.configurationSequence(),
      client.launch(launch),
      client.assertStoppedLocation("exception", { path, line: 2 }),
    ]);
    const again = { ...launch, stopOnEntry: true };
    await Promise.all([
      client.customRequest("restart", { arguments: again }),
      client.assertStoppedLocation("step", { path, line: 1 }),
    ]);
    const over = client.waitForEvent("terminated");
    await client.disconnectRequest();
    await over;
  });
});

Deno.test({
  name: "VS Code's test client: lines and columns that count from 0",
  ignore,
  ...unsanitized,
}, async () => {
  const dockerfile = "FROM busybox\nENV A=b\nRUN echo \\\n  one\nRUN echo two\n";
  await session(dockerfile, async (client, path, contextPath) => {
    await client.initializeRequest({
      adapterID: "dockerfile",
      linesStartAt1: false,
      columnsStartAt1: false,
      pathFormat: "path",
    });
    const changed = client.waitForEvent("breakpoint");
    const stop = client.assertStoppedLocation("breakpoint", { path, line: 2, column: 0 });
    await Promise.all([
      client.waitForEvent("initialized"),
      client.launchRequest(
        { dockerfile: path, contextPath } as Parameters<DebugClient["launchRequest"]>[0],
      ),
    ]);
    const { body: { breakpoints } } = await client.setBreakpointsRequest({
      source: { path },
      // The line of ENV, which has no step.
      breakpoints: [{ line: 1 }, { line: -1 }],
    });
    assert.deepEqual(breakpoints.map(({ line, verified }) => [line, verified]), [
      [1, false],
      [-1, false],
    ]);
    await client.configurationDoneRequest();
    const { body: { breakpoint } } = await changed;
    assert.deepEqual([breakpoint.line, breakpoint.endLine, breakpoint.verified], [2, 3, true]);
    const { body: { stackFrames: [frame] } } = await stop;
    assert.equal(frame!.endLine, 3);
    const over = client.waitForEvent("terminated");
    await client.disconnectRequest();
    await over;
  });
});
