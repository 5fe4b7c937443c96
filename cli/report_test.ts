import assert from "node:assert/strict";
import { BuilderError } from "../builders/builder_error.ts";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import { DialError, EndpointError } from "../transports/errors.ts";
import { Interrupted, OutputClosed } from "./deps.ts";
import { NodesError } from "./builders/reached_nodes.ts";
import { report } from "./report.ts";
import { TemplateError } from "../base/go/template/template_error.ts";
import { UsageError } from "../base/usage_error.ts";

const dial = new DialError("connection refused", {
  endpoint: "tcp://h:1",
  step: "connect",
  code: "unreachable",
  hint: "start it",
});

const bug =
  "hint: this is a bug in fairlead; run the command again with --debug and report its output";

const table: [string, unknown, string[], number][] = [
  ["UsageError", new UsageError("unknown flag: --x"), ["ERROR: unknown flag: --x"], 1],
  [
    "UsageError with hint",
    new UsageError("unknown flag: --x", "did you mean --y?"),
    ["ERROR: unknown flag: --x", "hint: did you mean --y?"],
    1,
  ],
  [
    "EndpointError",
    new EndpointError("x://y", "unknown scheme", "use tcp"),
    ['ERROR: invalid endpoint "x://y": unknown scheme', "hint: use tcp"],
    1,
  ],
  [
    "the system's error",
    new Error("cannot start: Permission denied (os error 13): spawn 'x'"),
    ["ERROR: cannot start: Permission denied: spawn 'x'"],
    1,
  ],
  [
    "the daemon's words",
    new RpcError(Code.UNKNOWN, 'process "echo (os error 13)" failed'),
    ['ERROR: process "echo (os error 13)" failed'],
    1,
  ],
  ["DialError", dial, ["ERROR: cannot reach tcp://h:1: connection refused", "hint: start it"], 1],
  [
    "BuilderError",
    new BuilderError('no builder "x" found', { hint: "see ls" }),
    ['ERROR: no builder "x" found', "hint: see ls"],
    1,
  ],
  [
    "TemplateError",
    new TemplateError("unclosed action"),
    ["ERROR: template parsing error: unclosed action"],
    1,
  ],
  ["RpcError", new RpcError(Code.UNAVAILABLE, "gone"), ["ERROR: Unavailable: gone"], 1],
  ["RpcError UNKNOWN", new RpcError(Code.UNKNOWN, "bad step"), ["ERROR: bad step"], 1],
  ["RpcError INTERNAL", new RpcError(Code.INTERNAL, "x"), ["ERROR: Internal: x"], 100],
  [
    "RpcError RESOURCE_EXHAUSTED",
    new RpcError(Code.RESOURCE_EXHAUSTED, "x"),
    ["ERROR: ResourceExhausted: x"],
    102,
  ],
  ["RpcError CANCELLED", new RpcError(Code.CANCELLED, "x"), ["ERROR: Canceled: x"], 1],
  [
    "a cause's code and hint",
    new Error("failed to build", { cause: new RpcError(Code.INTERNAL, "x", { cause: dial }) }),
    ["ERROR: failed to build", "hint: start it"],
    100,
  ],
  ["Interrupted", new Interrupted("SIGINT"), ["ERROR: context canceled"], 130],
  ["AbortError", new DOMException("stopped", "AbortError"), ["ERROR: stopped"], 130],
  ["OutputClosed", new OutputClosed("x"), [], 141],
  ["a cause OutputClosed", new Error("x", { cause: new OutputClosed("y") }), [], 141],
  ["its own code", Object.assign(new Error("x"), { exitCode: 3 }), ["ERROR: x"], 3],
  [
    "lines above",
    Object.assign(new Error("failed"), { above: ["Dockerfile:1", "> RUN x"] }),
    ["Dockerfile:1", "> RUN x", "ERROR: failed"],
    1,
  ],
  ["a file's error", new Deno.errors.NotFound("No such file"), ["ERROR: No such file"], 1],
  ["TypeError", new TypeError("x is not a function"), ["ERROR: x is not a function", bug], 1],
  ["a string", "boom", ["ERROR: boom", bug], 1],
  ["undefined", undefined, ["ERROR: undefined", bug], 1],
];

for (const [name, error, lines, code] of table) {
  Deno.test(`report() of ${name}`, () => {
    assert.deepEqual(report(error, { debug: false, isTerminal: true }), { lines, below: [], code });
    const { lines: piped } = report(error, { debug: true, isTerminal: false });
    const message = lines.findLast((line) => line.startsWith("ERROR: "));
    assert.equal(piped.at(-1), message, "a script reads the last line");
  });
}

const nodes = [
  { node: "one", error: dial },
  { node: "two", error: new Error("gone") },
  { node: "three", error: dial },
];

Deno.test("report() of several nodes keeps each hint next to its error", () => {
  const [one, two, three] = ["one", "two", "three"]
    .map((name, i) => `ERROR: node ${name}: ${(nodes[i]!.error as Error).message}`);
  const error = new NodesError(nodes, true);
  const lines = (isTerminal: boolean) => report(error, { debug: false, isTerminal }).lines;
  assert.deepEqual(lines(true), [one, "hint: start it", two, three, "hint: start it"]);
  assert.deepEqual(lines(false), ["hint: start it", one, two, "hint: start it", three]);
});

Deno.test("report() shows stack traces with --debug, and only then", () => {
  const error = new UsageError("x");
  const { lines } = report(error, { debug: true, isTerminal: true });
  assert.equal(lines[0], "ERROR: x");
  assert.match(lines.at(-1)!, /\n {4}at .*report_test\.ts/);
});
