/** `dap build`, driven by a client, on a real daemon. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { type Workspace, workspace } from "../build/workspace.ts";
import { ours } from "./dap_adapters.ts";
import { type DapClient, type Json, launch, reader } from "./dap_client.ts";
import { untilListening } from "../harness/until_listening.ts";
import { gates } from "../harness/gates.ts";
import { eventually } from "../harness/manual_clock.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const dockerfile = `ARG WHO=world
FROM busybox AS one
ARG WHO
WORKDIR /w
RUN echo $WHO > f
FROM one AS two
COPY --from=one /w /v
ENV GREETING=hi
RUN echo done
`;

async function space(text = dockerfile): Promise<Workspace> {
  const made = await workspace(shared.address);
  made.write({ "ctx/Dockerfile": text });
  return made;
}

interface Start {
  readonly lines?: readonly (number | { line: number; condition: string })[];
  readonly launch?: Record<string, unknown>;
  readonly exceptions?: readonly string[];
}

/** Up to the build's start, as an editor does it. */
async function start(it: Workspace, client: DapClient, options: Start = {}): Promise<Json> {
  const { lines = [], exceptions } = options;
  const path = it.path("ctx/Dockerfile");
  const args = { dockerfile: path, contextPath: it.path("ctx"), ...options.launch };
  const breakpoints = lines.map((at) => typeof at === "number" ? { line: at } : at);
  return await launch(client, args, { path, breakpoints, exceptions });
}

/** The next stop: its reason, and the lines of the stack. */
async function stop(client: DapClient): Promise<{ at: string; id: number; frames: Json[] }> {
  const { reason, threadId } = await client.event("stopped");
  const { stackFrames } = await client.request("stackTrace", { threadId });
  const lines = stackFrames.map(({ line }: Json) => line).join(",");
  return { at: `${reason} ${lines}`, id: threadId, frames: stackFrames };
}

test("one Ctrl-C ends an adapter that waits for its launch", async () => {
  await using it = await space();
  await using client = ours(it);
  await client.request("initialize", {});
  await untilListening(client.pid);
  client.kill("SIGINT");
  assert.equal((await client.end()).code, 130);
});

test("a failed step stops the thread; its files and arguments are there", async () => {
  await using it = await space(
    "FROM busybox\nWORKDIR /w\nRUN echo report > made && cat nothing\nRUN true\n",
  );
  await using client = ours(it);
  await start(it, client, { launch: { stopOnEntry: true } });
  for (const at of ["step 1", "step 2", "step 3"]) {
    assert.equal((await stop(client)).at, at);
    await client.request("next", { threadId: 1 });
  }
  const { at, frames } = await stop(client);
  assert.equal(at, "exception 3");
  const { scopes } = await client.request("scopes", { frameId: frames[0].id });
  const open = async (from: Json, ...names: string[]): Promise<Json> => {
    for (const name of names) {
      const { variables } = await client.request("variables", from);
      from = variables.find((variable: Json) => variable.name === name);
      assert.ok(from, `${name} in ${JSON.stringify(variables)}`);
    }
    return from;
  };
  assert.equal((await open(scopes[0], "exec", "workdir")).value, "/w");
  assert.match((await open(scopes[0], "platform")).value, /^linux\//);
  assert.equal((await open(scopes[1], "/", "w/", "made", "data")).value, "report\n");
  assert.match((await open(scopes[1], "/", "w/", ".")).value, /^drwxr-xr-x 0:0 /);
  const { content } = await client.request("source", {
    source: { path: it.path("ctx/Dockerfile") },
  });
  assert.match(content, /cat nothing/);
  await client.request("continue", { threadId: 1 });
  assert.deepEqual(await client.event("exited"), { exitCode: 1 });
  const { stderr } = await fails(client.end());
  assert.match(stderr, /ERROR: failed to build: .*exit code: 1/);
  assert.match(client.output(), /cat: can't open 'nothing'/, "progress comes as output");
});

test("breakpoints work on instructions without a step, with conditions, and report a failure once", async () => {
  await using it = await space();
  await using client = ours(it);
  const { breakpoints } = await start(it, client, {
    lines: [{ line: 5, condition: 'stage == "two"' }, 8, { line: 9, condition: "nonsense" }, 99],
  });
  assert.deepEqual(breakpoints.map(({ verified }: Json) => verified), [false, false, false, false]);
  assert.match(breakpoints[2].message, /invalid condition/);
  assert.equal((await stop(client)).at, "breakpoint 9", "ENV stands for the step after it");
  await client.request("next", { threadId: 1 });
  await stop(client);
  await client.request("continue", { threadId: 1 });
  await client.event("exited");
  const failed = client.events.filter(({ event, body }) =>
    event === "breakpoint" && body.breakpoint.reason === "failed"
  );
  assert.deepEqual(failed.map(({ body }) => body.breakpoint.line), [99]);
});

test("hover shows the values of arguments; other questions get clear answers", async () => {
  await using it = await space();
  await using client = ours(it, ["--build-arg", "WHO=you"]);
  await start(it, client, { lines: [5] });
  const { frames } = await stop(client);
  const hover = (expression: string) =>
    client.request("evaluate", { expression, context: "hover", frameId: frames[0].id });
  assert.equal((await hover("$WHO")).result, "you");
  assert.equal((await hover("PATH")).result, "/bin");
  await assert.rejects(hover("NOTHING"), /NOTHING has no value here/);
  const repl = (expression: string) => client.request("evaluate", { expression, context: "repl" });
  await assert.rejects(repl("dance"), /unknown command "dance" for ""/);
  assert.match((await repl("help")).result, /exec/);
  assert.equal((await repl("$WHO")).result, "you");
  assert.equal((await repl("WHO")).result, "you");
  await assert.rejects(repl("$NOTHING"), /NOTHING has no value here/);
  await assert.rejects(client.request("gotoTargets"), /not implemented/);
  await assert.rejects(client.request("initialize"), /already initialized/);
  await assert.rejects(client.request("launch", {}), /already launched/);
  await assert.rejects(client.request("stackTrace", { threadId: 9 }), /no such thread: 9/);
  await assert.rejects(client.request("scopes", { frameId: 999 }), /no such frame id: 999/);
  await assert.rejects(client.request("source", { source: { path: "/x" } }), /file not found: \/x/);
  await client.request("disconnect");
  assert.equal((await client.end()).code, 0, "disconnect ends a paused build");
  assert.deepEqual(await client.event("exited"), { exitCode: 1 });
});

test("terminate, restart and exceptions that are switched off", async () => {
  await using it = await space("FROM busybox\nRUN echo one\nRUN cat nothing\n");
  await using client = ours(it);
  await start(it, client, { lines: [2], exceptions: [] });
  assert.equal((await stop(client)).at, "breakpoint 2");
  await client.request("restart", {});
  const again = await stop(client);
  assert.deepEqual([again.at, again.id], ["breakpoint 2", 2]);
  await client.request("continue", { threadId: 2 });
  assert.deepEqual(await client.event("exited"), { exitCode: 1 }, "no stop at the error");
  await client.end();
  await using other = ours(it);
  await start(it, other, { lines: [2] });
  await stop(other);
  await other.request("terminate");
  await other.event("terminated");
  await other.end();
});

test("pause stops behind the step that runs, and nothing runs on", async () => {
  await using server = gates("one", "two");
  const { ran } = server;
  const step = (name: string) => `RUN wget -q -O /${name} ${server.url}/${name}\n`;
  await using it = await space(`FROM busybox\n${["one", "two", "end"].map(step).join("")}`);
  await using client = ours(it);
  await start(it, client);
  const said = () => `${ran}\n${client.output()}`;
  // The adapter knows of the end of a step once it shows that, or the beginning of the next one.
  const isKnown = (step: number) =>
    new RegExp(
      `^#(\\d+) \\[${step}/4\\] [^]*^#\\1 (?:DONE|CACHED)|^#\\d+ \\[${step + 1}/4\\] `,
      "m",
    ).test(client.output());
  await eventually(() => ran.length > 0 && isKnown(1), said);
  await client.request("pause", { threadId: 1 });
  // The daemon gets the request for the pause first, and then the end of the other one.
  await aMoment();
  server.open("one");
  assert.equal((await stop(client)).at, "pause 3");
  await aMoment();
  assert.deepEqual(ran, ["one"], "it ran once, and no other step did");
  // The same from a stop on: the step behind it is the one that runs.
  await client.request("continue", { threadId: 1 });
  await eventually(() => ran.length === 2 && isKnown(2), said);
  await client.request("pause", { threadId: 1 });
  await aMoment();
  server.open("two");
  assert.equal((await stop(client)).at, "pause 4");
  await aMoment();
  assert.deepEqual(ran, ["one", "two"]);
  await client.request("continue", { threadId: 1 });
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
  assert.deepEqual(ran, ["one", "two", "end"]);
});

test("breakpoints that change while a thread runs count at once", async () => {
  await using server = gates("one", "three");
  const { ran } = server;
  const step = (name: string) => `RUN wget -q -O /${name} ${server.url}/${name}\n`;
  const steps = ["one", "two", "three", "end"].map(step);
  await using it = await space(`FROM busybox\n${steps.join("")}`);
  await using client = ours(it);
  await start(it, client, { lines: [5] });
  const set = (...lines: number[]) =>
    client.request("setBreakpoints", {
      source: { path: it.path("ctx/Dockerfile") },
      breakpoints: lines.map((line) => ({ line })),
    });
  const said = () => `${ran}\n${client.output()}`;
  await eventually(() => ran.length > 0 && /^#\d+ \[2\/5\] /m.test(client.output()), said);
  // One is before the running step, one is that step, and one is ahead. The one behind them is
  // gone.
  await set(1, 2, 4);
  await eventually(() => placed(client).some(({ line, verified }) => line === 4 && verified));
  await aMoment();
  server.open("one");
  assert.equal((await stop(client)).at, "breakpoint 4");
  assert.deepEqual(ran, ["one", "two"]);
  await set(5);
  await client.request("continue", { threadId: 1 });
  await eventually(() => ran.length > 2, said);
  await set();
  server.open("three");
  assert.deepEqual(await client.event("exited"), { exitCode: 0 }, "nothing has stopped it");
  assert.deepEqual(ran, ["one", "two", "three", "end"]);
  assert.equal(client.events.filter(({ event }) => event === "stopped").length, 1);
});

/** The breakpoints of all events so far. */
const placed = (client: DapClient): Json[] =>
  client.events.filter(({ event }) => event === "breakpoint").map(({ body }) => body.breakpoint);

/** Long enough for what must not happen; no test fails because it is too short. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 700));

test("several platforms are threads of their own", async () => {
  await using it = await space("FROM scratch\nCOPY Dockerfile /one\nCOPY Dockerfile /two\n");
  await using client = ours(it, ["--platform", "linux/amd64,linux/arm64"]);
  await start(it, client, { lines: [{ line: 3, condition: 'platform == "linux/arm64"' }] });
  const { id, at } = await stop(client);
  assert.equal(at, "breakpoint 3");
  await eventually(() => client.events.some(({ body }) => body?.reason === "exited"));
  const { threads } = await client.request("threads");
  assert.deepEqual(threads.map(({ name }: Json) => name), ["linux/arm64"]);
  await client.request("continue", { threadId: id });
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
});

test("a breakpoint in the stage of one platform alone is verified", async () => {
  const stage = (arch: string) => `FROM scratch AS on-${arch}\nCOPY Dockerfile /${arch}\n`;
  await using it = await space(
    `ARG TARGETARCH\n${stage("amd64")}${stage("arm64")}FROM on-$TARGETARCH\nCOPY Dockerfile /end\n`,
  );
  await using client = ours(it, ["--platform", "linux/amd64,linux/arm64"]);
  await start(it, client, { lines: [3, 5] });
  const stops = [await stop(client), await stop(client)];
  assert.deepEqual(stops.map(({ at }) => at).sort(), ["breakpoint 3", "breakpoint 5"]);
  const last = new Map(placed(client).map(({ line, verified }) => [line, verified]));
  assert.deepEqual([...last].sort(), [[3, true], [5, true]]);
  // One that is set at a stop is looked for at once; there is none on line 0.
  const source = { path: it.path("ctx/Dockerfile") };
  const breakpoints = [{ line: 7 }, { line: 0 }];
  await client.request("setBreakpoints", { source, breakpoints });
  await eventually(() => placed(client).length > 3);
  assert.deepEqual(placed(client).slice(-2).map(({ line, verified }) => [line, verified]), [
    [7, true],
    [0, false],
  ]);
});

test("an impossible launch is reported, and ends", async () => {
  await using it = await space();
  const cases: [Record<string, unknown>, RegExp][] = [
    [{}, /no context to build: launch has no contextPath/],
    [{ contextPath: "-" }, /stdin is not supported with debugger/],
    [{ contextPath: 7 }, /contextPath of launch is not a string/],
  ];
  for (const [args, message] of cases) {
    await using client = ours(it);
    await client.request("initialize");
    await assert.rejects(client.request("launch", args), message);
    await client.closeStdin();
    await client.event("terminated");
    await client.end();
  }
  await using client = ours(it);
  await client.request("initialize");
  await client.request("launch", { contextPath: it.path("nothing") });
  assert.deepEqual(await client.event("exited"), { exitCode: 1 });
  assert.match((await client.end()).stderr, /ERROR: .*nothing/);
});

test("a client that dies leaves no build, no program and no socket", async () => {
  await using it = await space();
  const client = ours(it);
  await start(it, client, { lines: [5] });
  await stop(client);
  const { result } = await client.request("evaluate", { expression: "exec", context: "repl" });
  const socket = client.reverse[0].arguments.args.at(-1);
  assert.equal(result, `Started process attached to ${socket}.`);
  const conn = await Deno.connect({ transport: "unix", path: socket });
  const mark = `${20_000 + Math.floor(Math.random() * 9999)}.5`;
  await conn.write(new TextEncoder().encode(`sleep ${mark}\n`));
  await reader(conn)(/Running \/bin\/sh in build container from line 5[^]*#/);
  await conn.write(new TextEncoder().encode(`sleep ${mark}\n`));
  const second = await Deno.connect({ transport: "unix", path: socket });
  const buffer = new Uint8Array(200);
  const told = new TextDecoder().decode(buffer.subarray(0, await second.read(buffer) ?? 0));
  assert.match(told, /Error: Already connected to exec instance/);
  second.close();
  await eventually(() => programs(mark) > 0);
  await client.closeStdin();
  assert.equal((await client.end()).code, 0);
  conn.close();
  await eventually(() => programs(mark) === 0);
  assert.throws(() => Deno.statSync(socket), Deno.errors.NotFound);
  await client[Symbol.asyncDispose]();
});

test("a client may leave between launch and configurationDone", async () => {
  await using it = await space("FROM scratch\nCOPY Dockerfile /\n");
  const ways: ((client: DapClient) => Promise<unknown>)[] = [
    (client) => client.closeStdin(),
    (client) => client.request("disconnect"),
    (client) => client.request("terminate"),
  ];
  for (const leave of ways) {
    await using client = ours(it);
    await client.request("initialize");
    await client.request("launch", { contextPath: it.path("ctx") });
    // The frontend has answered, and nothing else goes on.
    await eventually(() => /transferring dockerfile: .*done/.test(client.output()));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await leave(client);
    assert.deepEqual(await client.event("exited"), { exitCode: 1 });
    assert.equal((await client.end()).code, 0);
  }
});

/** How many processes of this machine have a word among their arguments. */
function programs(word: string): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      if (words[0] === "sleep" && words[1] === word) count++;
    } catch {
      continue; // It has ended meanwhile.
    }
  }
  return count;
}
