/** A real daemon that is killed, and Ctrl-C during a step. */
import assert from "node:assert/strict";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { until } from "../harness/daemon.ts";
import { type Impairment, startProxy } from "../harness/proxy.ts";
import { withShared } from "../harness/shared.ts";
import { descendants, entriesOf, isTemporary } from "./leftovers.ts";
import { errorLines } from "../harness/inside.ts";
import { checkError, makeWorkbench, processEnv, type Workbench } from "./workbench.ts";
import { type Running, startFairlead } from "../harness/fairlead.ts";
import { randomBytes } from "../harness/random.ts";

const { ignore, shared } = await withShared();

/** A daemon to be killed, which finds the same base image. */
function startVictim(): Promise<Buildkitd> {
  const config = [
    `[registry."${shared.registry}"]`,
    "http = true",
    '[registry."docker.io"]',
    `mirrors = ["${shared.registry}"]`,
  ].join("\n");
  return startBuildkitd({ tcp: true, config });
}

const LOST = /the connection to tcp:\S+ was lost during build [0-9a-z]{25}: /;
/** The end of a connection that was noticed only because nothing came any more. */
const SILENT = /nothing (?:came from|reached) it for/;
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
      const killing = (async () => {
        await until(() => Promise.resolve(over || moment(proxy.bytes, () => said)), 20_000);
        await victim.kill();
      })();
      const ended = await bench.build(["-o", `${bench.folder}/out`], {
        host: proxy.address,
        onStderr: (text) => said += text,
      });
      over = true;
      await killing;
      checkError(ended, LOST);
      assert.doesNotMatch(ended.stderr, SILENT);
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

/** Starts a build as a process, and waits until its step runs. */
async function begun(bench: Workbench, host: string): Promise<Running> {
  const env = processEnv(bench, host);
  const build = startFairlead(["build", "--progress=plain", bench.context], { env });
  await build.until(/^#\d+ [\d.]+ begun$/m);
  return build;
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
    const { child, ended } = await begun(bench, shared.tcp);
    child.kill(signal);
    const { code, stderr } = await ended;
    assert.equal(code, expected, stderr);
    assert.match(stderr, /^#\d+ CANCELED$/m);
    assert.equal(errorLines({ stderr }).length, 1, stderr);
    assert.deepEqual(descendants(child.pid), []);
    assert.deepEqual(entriesOf(bench.folder).filter(isTemporary), []);
  });
}

for (
  const [what, signals] of [
    ["Ctrl-C twice leaves at once, though the daemon doesn't answer the first", 2],
    ["Ctrl-C once, and the daemon doesn't answer: it waits for seconds, not for ever", 1],
  ] as const
) {
  Deno.test({ name: what, ignore }, async () => {
    await using bench = await makeWorkbench({ Dockerfile: sleeping() });
    await using proxy = await startProxy({ to: shared.tcp });
    const { child, ended } = await begun(bench, proxy.address);
    proxy.stall(true);
    for (let left = signals; left > 1; left--) {
      child.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    assert.equal(code, 130, stderr);
    // The build's end is reported after the wait for the daemon, and not by a program that leaves.
    assert.deepEqual(errorLines({ stderr }), signals === 2 ? [] : ["ERROR: context canceled"]);
  });
}
