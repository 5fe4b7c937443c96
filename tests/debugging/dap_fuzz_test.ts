/**
 * Requests in any order, and frames cut or broken anywhere: the adapter answers each request that
 * came whole, writes nothing but messages, and ends when its client does.
 */
import assert from "node:assert/strict";
import { pick } from "../fsync/random.ts";
import { withShared } from "../harness/shared.ts";
import { workspace } from "../build/workspace.ts";
import { ours } from "./dap_adapters.ts";
import { seeded } from "../harness/random.ts";

const { ignore, shared } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const commands = [
  ..."initialize launch setBreakpoints setExceptionBreakpoints configurationDone".split(" "),
  ..."threads stackTrace scopes variables source evaluate".split(" "),
  ..."continue next stepIn stepOut pause attach goto modules".split(" "),
];

test("requests in any order are all answered, and the adapter ends", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": "FROM busybox\nRUN echo one\nRUN echo two\n" });
  const seed = Number(Deno.env.get("FAIRLEAD_TEST_SEED") ?? 18);
  for (let round = 0; round < 6; round++) {
    const next = seeded(seed + round);
    const path = it.path("ctx/Dockerfile");
    const argumentsOf = (command: string): unknown =>
      pick(next, [
        {},
        { threadId: 1, frameId: 1, variablesReference: (1 << 24) | 1, expression: "exec" },
        { threadId: "x", source: { path }, breakpoints: [{ line: 2 }, { line: -1 }, "no"] },
        { source: { path }, context: "repl", expression: "exec", filters: 3 },
        command === "launch" ? { contextPath: it.path("ctx"), stopOnEntry: true } : [],
      ]);
    await using client = ours(it);
    if (round % 2 === 0) {
      await client.request("initialize", { supportsRunInTerminalRequest: true });
      await client.request("launch", { contextPath: it.path("ctx"), stopOnEntry: true });
    }
    const asked: Promise<unknown>[] = [];
    for (let i = 0; i < 60; i++) {
      const command = pick(next, commands);
      asked.push(client.request(command, argumentsOf(command)).catch(() => {}));
      if (next() < 0.2) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Each has its answer, or the adapter has ended.
    await Promise.all(asked);
    if (next() < 0.5) void client.request("disconnect");
    else await client.closeStdin();
    const { stderr } = await client.end();
    assert.doesNotMatch(stderr, /TypeError|at file:/, `seed ${seed + round}`);
  }
});

test("broken frames end the session with one message on stderr", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": "FROM busybox\n" });
  const text = (value: string) => new TextEncoder().encode(value);
  const body = JSON.stringify({ seq: 1, type: "request", command: "initialize", arguments: {} });
  const whole = `Content-Length: ${body.length}\r\n\r\n${body}`;
  const inputs: [string, RegExp][] = [
    ["GET / HTTP/1.1\r\n\r\n", /ERROR: the client sent a header without a valid Content-Length/],
    [
      `${whole}Content-Length: 999999999\r\n\r\n`,
      /ERROR: the client sent a message of 999999999/,
    ],
    ["x".repeat(10_000), /ERROR: the client sent a header without an end/],
    [whole.slice(0, 40), /^$/],
    [`${whole}Content-Length: 4\r\n\r\nnullContent-Length: 2\r\n\r\n[]`, /^$/],
  ];
  for (const [input, stderr] of inputs) {
    await using client = ours(it);
    const bytes = text(input);
    await client.raw(bytes.subarray(0, 17));
    await client.raw(bytes.subarray(17));
    await client.closeStdin();
    await client.event("terminated");
    const ended = await client.end();
    assert.match(ended.stderr.trim(), stderr);
  }
});
