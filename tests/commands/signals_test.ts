/** Signals end the program in any state, and none of them opens the runtime's inspector. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { untilListening } from "../harness/until_listening.ts";
import { type TempStore, tempStore } from "./temp_store.ts";

const signals = new URL("../../cli/signals.ts", import.meta.url).href;

/** The program's signals around a main thread that does `work` when a line comes in. */
function program(work: string): string {
  return `
import { interruptible } from ${JSON.stringify(signals)};
const { signal } = interruptible(Deno.exit);
signal.addEventListener("abort", () => console.log(signal.reason.signal));
const keep = setInterval(() => {}, 1000);
await Deno.stdin.read(new Uint8Array(9));
console.log("begins");
${work}
`;
}

async function started(temp: TempStore, name: string, work: string) {
  temp.write(`${name}.ts`, program(work));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-config", `${temp.path}/${name}.ts`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await untilListening(child.pid);
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  await writer.close();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await lines.read()).value, "begins\n");
  await pause(100);
  return { child, lines };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test({
  name: "two Ctrl-C or one SIGTERM end a busy program, with exit code 130",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using temp = tempStore();
  await run("mkfifo", [`${temp.path}/pipe`]);
  const cases: [what: string, work: string, sent: Deno.Signal[]][] = [
    ["computes", "while (true);", ["SIGINT", "SIGINT"]],
    ["matches", `/^(a|a)*$/.test("a".repeat(60) + "b");`, ["SIGTERM"]],
    [
      "writes to a pipe that nobody reads",
      `Deno.openSync(${JSON.stringify(`${temp.path}/pipe`)}, { read: true, write: true })
          .writeSync(new Uint8Array(1 << 20));`,
      ["SIGTERM"],
    ],
    ["waits for what never comes", "", ["SIGTERM"]],
    ["has heard the first", "", ["SIGTERM", "SIGINT"]],
    [
      "is busy with the end",
      `signal.addEventListener("abort", () => { while (true); });`,
      ["SIGINT", "SIGINT"],
    ],
  ];
  await Promise.all(cases.map(async ([what, work, sent], at) => {
    const { child, lines } = await started(temp, `program${at}`, work);
    for (const name of sent) {
      child.kill(name);
      await pause(100);
    }
    const { code, signal } = await child.status;
    assert.deepEqual({ code, signal }, { code: 130, signal: null }, what);
    await lines.cancel();
    await child.stderr.cancel();
  }));
});

Deno.test({
  name: "SIGUSR1 does nothing: it would open Deno's inspector to every local user",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using temp = tempStore();
  const { child, lines } = await started(temp, "program", "");
  // Deno itself listens to it from half a second after the start.
  for (let i = 0; i < 8; i++) {
    child.kill("SIGUSR1");
    await pause(100);
  }
  child.kill("SIGTERM");
  assert.equal((await lines.read()).value, "SIGTERM\n");
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 130);
  assert.equal(await new Response(child.stderr).text(), "");
  await lines.cancel();
});
