import { deepEqual, equal, throws } from "node:assert/strict";
import { chooseMode, ProgressModeError } from "./mode.ts";

const choose = (flag: string, options: { quiet?: boolean; tty?: boolean; env?: string } = {}) =>
  chooseMode(flag, {
    stderr: { isTerminal: options.tty ?? false },
    env: (name) => name === "BUILDKIT_PROGRESS" ? options.env : undefined,
  }, options.quiet);

Deno.test("chooseMode() goes by flag, then BUILDKIT_PROGRESS, then the terminal", () => {
  const cases: [ReturnType<typeof choose>, string, boolean][] = [
    [choose("auto", { tty: true }), "tty", false],
    [choose("auto"), "plain", false],
    [choose("auto", { env: "rawjson", tty: true }), "rawjson", false],
    [choose("auto", { env: "" }), "plain", false],
    [choose("plain", { env: "rawjson", tty: true }), "plain", false],
    [choose("tty", { tty: true }), "tty", false],
    [choose("quiet"), "quiet", true],
    [choose("none"), "quiet", false],
    [choose("auto", { quiet: true }), "quiet", true],
    [choose("auto", { env: "quiet" }), "quiet", false],
  ];
  const dumb = (name: string) => name === "TERM" ? "dumb" : undefined;
  const auto = chooseMode("auto", { stderr: { isTerminal: true }, env: dumb });
  equal(auto.mode, "plain");
  for (const [got, mode, printId] of cases) deepEqual(got, { mode, printId });
});

Deno.test("chooseMode() refuses an impossible mode, in buildx's words", () => {
  const refuse = (call: () => unknown, message: string) =>
    throws(call, (error) => error instanceof ProgressModeError && error.message === message);
  refuse(() => choose("fancy"), "invalid progress mode fancy");
  refuse(() => choose("auto", { env: "x" }), "invalid progress mode x");
  refuse(() => choose("tty"), "failed to get console: provided file is not a console");
  refuse(
    () => choose("plain", { quiet: true }),
    "progress=plain and quiet cannot be used together",
  );
});
