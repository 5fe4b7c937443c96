/** A real daemon that is killed, and Ctrl-C during a step. */
import assert from "node:assert/strict";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { until } from "../harness/daemon.ts";
import { type Impairment, startProxy } from "../harness/proxy.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { descendants, entriesOf, isTemporary, randomBytes } from "./leftovers.ts";
import { errorLines } from "./program.ts";
import { checkError, makeWorkbench, processEnv, type Workbench } from "./workbench.ts";

const cannot = needsRoot() ?? await missing("buildkitd", "runc", "docker-registry", "busybox");
const ignore = skip(cannot);
const shared = ignore ? undefined : await sharedBuildkitd();

/** A daemon to be killed, which finds the same base image. */
function startVictim(): Promise<Buildkitd> {
  const config = [
    `[registry."${shared!.registry}"]`,
    "http = true",
    '[registry."docker.io"]',
    `mirrors = ["${shared!.registry}"]`,
  ].join("\n");
  return startBuildkitd({ tcp: true, config });
}

const LOST = /the connection to tcp:\S+ was lost during build [0-9a-z]{25}: /;
const slow: Impairment = { bytesPerSecond: 8e6 };

Deno.test(
  { name: "a daemon that is killed in mid-upload, mid-download and mid-step", ignore },
  async () => {
    await using first = await startVictim();
    let victim = first;

    async function killWhen(
      files: Record<string, string | Uint8Array>,
      moment: (bytes: { up: number; down: number }, said: () => string) => boolean,
    ): Promise<void> {
      await using bench = await makeWorkbench(files);
      await using proxy = await startProxy({ to: victim.tcp, up: slow, down: slow });
      let said = "";
      let over = false;
      let killedAt = 0;
      const killing = (async () => {
        await until(() => Promise.resolve(over || moment(proxy.bytes, () => said)), 20_000);
        killedAt = performance.now();
        await victim.kill();
      })();
      const ended = await bench.build(["-o", `${bench.folder}/out`], {
        host: proxy.address,
        onStderr: (text) => said += text,
      });
      over = true;
      const took = performance.now() - killedAt;
      await killing;
      checkError(ended, LOST);
      assert.ok(took < 5000, `it took ${took} ms to end`);
      // A file that arrived whole may exist, but here no file can have arrived whole.
      assert.deepEqual(entriesOf(`${bench.folder}/out`).filter((path) => path === "big"), []);
      victim = await victim.restart();
    }

    try {
      const big = randomBytes(8 << 20);
      const copy = { Dockerfile: "FROM scratch\nCOPY . /\n", big };
      await killWhen(copy, ({ up }) => up > 3 << 20);
      await killWhen(copy, ({ down }) => down > 3 << 20);
      await killWhen(
        { Dockerfile: "FROM busybox\nRUN echo begun; sleep 30\n" },
        (_, said) => /^#\d+ [\d.]+ begun$/m.test(said()),
      );
    } finally {
      await victim.stop();
    }
  },
);

/** Starts the program as a process, and gathers its output. */
function start(bench: Workbench, host: string) {
  const fairlead = new URL("../../scripts/fairlead", import.meta.url).pathname;
  const child = new Deno.Command(fairlead, {
    args: ["build", "--progress=plain", bench.context],
    env: processEnv(bench, host),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  return {
    child,
    said: () => said,
    begun: () => until(() => Promise.resolve(/^#\d+ [\d.]+ begun$/m.test(said)), 20_000),
    async ended() {
      const { code } = await child.status;
      await reading;
      return code;
    },
  };
}

const sleeping = () => `FROM busybox\nRUN echo begun; sleep 25 # ${crypto.randomUUID()}\n`;

for (
  const [what, signal, expected] of [
    ["Ctrl-C", "SIGINT", 130],
    ["the end of the terminal", "SIGHUP", 129],
  ] as const
) {
  Deno.test({
    name: `${what} during a step: the daemon cancels it, and the exit code is ${expected}`,
    ignore,
  }, async () => {
    await using bench = await makeWorkbench({ Dockerfile: sleeping() });
    const run = start(bench, shared!.tcp);
    assert.ok(await run.begun(), run.said());
    const started = performance.now();
    run.child.kill(signal);
    assert.equal(await run.ended(), expected, run.said());
    const took = performance.now() - started;
    assert.match(run.said(), /^#\d+ CANCELED$/m);
    assert.equal(errorLines({ stderr: run.said() }).length, 1, run.said());
    assert.ok(took < 4000, `it took ${took} ms`);
    assert.deepEqual(descendants(run.child.pid), []);
    assert.deepEqual(entriesOf(bench.folder).filter(isTemporary), []);
  });
}

for (
  const [what, signals, limit] of [
    ["Ctrl-C twice leaves at once, though the daemon doesn't answer the first", 2, 500],
    ["Ctrl-C once, and the daemon doesn't answer: it waits for seconds, not for ever", 1, 9000],
  ] as const
) {
  Deno.test({ name: what, ignore }, async () => {
    await using bench = await makeWorkbench({ Dockerfile: sleeping() });
    await using proxy = await startProxy({ to: shared!.tcp });
    const run = start(bench, proxy.address);
    assert.ok(await run.begun(), run.said());
    proxy.stall(true);
    for (let left = signals; left > 1; left--) {
      run.child.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const started = performance.now();
    run.child.kill("SIGINT");
    assert.equal(await run.ended(), 130, run.said());
    const took = performance.now() - started;
    assert.ok(took < limit, `it took ${took} ms`);
  });
}
