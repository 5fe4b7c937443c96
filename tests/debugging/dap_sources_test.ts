/** An editor shows Dockerfiles that this machine lacks, long instructions, and errors. */
import assert from "node:assert/strict";
import { commitAll, gitDaemon, missingGit } from "../harness/git.ts";
import { withShared } from "../harness/shared.ts";
import { skip } from "../harness/skip.ts";
import { workspace } from "../build/workspace.ts";
import { ours } from "./dap_adapters.ts";
import { breakAt, type DapClient, type Json, launch, reader } from "./dap_client.ts";

const { ignore, shared } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const dockerfile = "FROM busybox\nRUN echo one\nRUN echo two\n";

async function frames(client: DapClient): Promise<Json[]> {
  const { threadId } = await client.event("stopped");
  return (await client.request("stackTrace", { threadId })).stackFrames;
}

Deno.test({
  name:
    "a Dockerfile of a git context: its text comes from the adapter, and breakpoints count in it",
  ignore: ignore || skip(await missingGit()),
}, async () => {
  await using it = await workspace(shared.address);
  it.write({ "git/r.git/sub/Dockerfile": dockerfile, "Dockerfile": "FROM another\n" });
  await commitAll(it.path("git/r.git"), "one");
  await using daemon = await gitDaemon(it.path("git"));
  await using client = ours(it);
  const contextPath = `${daemon.url}/r.git#main:sub`;
  await launch(client, { contextPath, stopOnEntry: true });
  const [{ source }] = await frames(client);
  assert.deepEqual(source, {
    name: "Dockerfile",
    path: `${contextPath}/Dockerfile`,
    sourceReference: 1,
  });
  assert.deepEqual((await client.event("loadedSource")).source, source);
  const { sourceReference } = source;
  const asked = await client.request("source", { source, sourceReference });
  assert.equal(asked.content, dockerfile);
  const old = await client.request("source", { sourceReference });
  assert.equal(old.content, dockerfile);
  await client.request("setBreakpoints", { source, breakpoints: [{ line: 3 }] });
  await client.request("continue", { threadId: 1 });
  const [{ line, name }] = await frames(client);
  assert.deepEqual([line, name], [3, "[3/3] RUN echo two"]);
  await client.request("continue", { threadId: 1 });
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
});

test("a Dockerfile at a URL is shown by its URL, without a secret", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/file": "x" });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(dockerfile),
  );
  const url = `http://127.0.0.1:${server.addr.port}/team/Dockerfile`;
  await using client = ours(it);
  await launch(
    client,
    { dockerfile: `${url}?token=x`, contextPath: it.path("ctx") },
    breakAt(url, 2),
  );
  const [{ source, line }] = await frames(client);
  assert.deepEqual([line, source.path, source.sourceReference], [2, url, 1]);
  assert.equal((await client.request("source", { source })).content, dockerfile);
  await client.request("disconnect");
  await client.end();
});

test("a frame spans all lines of its instruction", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile":
      "FROM busybox\n\nRUN <<EOF\necho one\necho two\nEOF\nRUN echo \\\n  # a comment\n  three\n",
  });
  await using client = ours(it);
  const path = it.path("ctx/Dockerfile");
  await launch(client, { contextPath: it.path("ctx") }, breakAt(path, 5));
  const place = ({ line, endLine, column }: Json) => [line, endLine, column];
  assert.deepEqual(place((await frames(client))[0]), [3, 6, 1], "the heredoc");
  const { breakpoint } = await client.event("breakpoint");
  assert.deepEqual([breakpoint.line, breakpoint.endLine], [3, 6]);
  await client.request("next", { threadId: 1 });
  assert.deepEqual(place((await frames(client))[0]), [7, 9, 1], "the continued lines");
  await client.request("disconnect");
  await client.end();
});

test("the error that ends a build is in the debug console", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": "FROM busybox\nRUM echo one\n" });
  await using client = ours(it);
  await launch(client, { contextPath: it.path("ctx") });
  assert.deepEqual(await client.event("exited"), { exitCode: 1 });
  assert.match(client.output(), /^ERROR: .*unknown instruction: RUM/m);
});

test("a shell before a COPY has the environment, the user and the folder of its stage", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile": `FROM busybox AS build
ENV WHO=builder
WORKDIR /work
COPY Dockerfile .
RUN cp Dockerfile made
FROM scratch
COPY --from=build /work/made /
`,
  });
  await using client = ours(it);
  const path = it.path("ctx/Dockerfile");
  await launch(client, { contextPath: it.path("ctx") }, breakAt(path, 7));
  await frames(client);
  await client.request("evaluate", { expression: "exec", context: "repl" });
  using conn = await Deno.connect({
    transport: "unix",
    path: client.reverse[0].arguments.args.at(-1),
  });
  const said = reader(conn);
  // The step before which it stops has no files yet, and nothing is built for a shell.
  await said(/not executable. \(reason: there are no files before this step\)/);
  assert.doesNotMatch(client.output(), /RUN cp/);
  await client.request("setBreakpoints", { source: { path }, breakpoints: [{ line: 4 }] });
  await client.request("continue", { threadId: 1 });
  assert.equal((await frames(client))[0].line, 4);
  await said(/Running \/bin\/sh in build container from line 4[^]* # /);
  await conn.write(new TextEncoder().encode('echo "$WHO in $(pwd)"\n'));
  await said(/builder in \/work\r/);
  await client.request("disconnect");
  await client.end();
});
