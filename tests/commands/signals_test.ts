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

function start(temp: TempStore, name: string, work: string): Deno.ChildProcess {
  temp.write(`${name}.ts`, program(work));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-config", `${temp.path}/${name}.ts`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function started(temp: TempStore, name: string, work: string) {
  const child = start(temp, name, work);
  await untilListening(child.pid);
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  await writer.close();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await lines.read()).value, "begins\n");
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
  name: "no Ctrl-C is lost: it ends the program at once, or the program hears it",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using temp = tempStore();
  for (let round = 0; round < 5; round++) {
    const child = start(temp, "program", "");
    const SIGINT = 1n << 1n;
    while (((await caught(child.pid)) & SIGINT) === 0n) await pause(1);
    child.kill("SIGINT");
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // Deno sets its handler before our listener is there, and then acts as if there were no
    // handler.
    const lost = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const { value } = await lines.read();
    clearTimeout(lost);
    if (value === undefined) {
      assert.equal((await child.status).signal, "SIGINT");
    } else {
      assert.equal(value, "SIGINT\n");
      child.kill("SIGINT");
      assert.equal((await child.status).code, 130);
    }
    await Promise.all([lines.cancel(), child.stderr.cancel(), child.stdin.abort()]);
  }
});

/** The mask of the signals for which a process has a handler. */
async function caught(pid: number): Promise<bigint> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)![1]}`);
}

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
