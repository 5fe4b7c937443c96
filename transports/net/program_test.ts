import assert from "node:assert/strict";
import { context, readText } from "../../tests/transports/contract_help.ts";
import { startProgram } from "./program.ts";

/** `close` doesn't wait for the end of the process. */
const leaves = { sanitizeOps: false, sanitizeResources: false };

function run(script: string) {
  const texts = { endpoint: "x://y", absentHint: "install it", hint: () => "see the log" };
  return startProgram(
    { ...texts, program: "/bin/sh", args: ["-c", script], shown: "it" },
    context(),
  );
}

for (
  const [script, text, error] of [
    ["cat", "hello", undefined],
    ["echo no way >&2; exit 3", undefined, /^DialError: .* it failed with exit code 3: no way$/],
    ["printf '1\n2' >&2; exit 3", undefined, /it failed with exit code 3:\n {2}1\n {2}2$/],
    ["echo hi; exit 4", undefined, /^StreamLost: it failed with exit code 4$/],
    ["kill -9 $$", undefined, /it was ended by SIGKILL$/],
    ["exec <&-; sleep 0.1; echo left", "left\n", undefined],
  ] as const
) {
  Deno.test(`a program's stdio: ${script}`, leaves, async () => {
    const stream = run(script);
    await stream.write(new TextEncoder().encode("hello")).catch(() => {});
    await stream.closeWrite();
    const reading = readText(stream);
    if (error === undefined) assert.equal(await reading, text);
    else await assert.rejects(reading, error);
    stream.close();
    await assert.rejects(stream.read(new Uint8Array(1)), /the stream was closed/);
  });
}

Deno.test(
  "a write ends with the program, although its child holds the pipe open",
  leaves,
  async () => {
    const stream = run("exec 3<&0; sleep 60 <&3 & exit 5");
    await assert.rejects(async () => {
      for (;;) await stream.write(new Uint8Array(64 << 10));
    }, /it failed with exit code 5$/);
    stream.close();
  },
);
