/**
 * `build --retry`: another try on a new connection after a failed connection, and never after a
 * failed step.
 */
import assert from "node:assert/strict";
import { startFakeBuildkitd } from "../fake_buildkitd.ts";
import { startProxy } from "../harness/proxy.ts";
import { run } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { errorLines } from "../harness/inside.ts";
import { checkError, makeWorkbench, processEnv } from "./workbench.ts";
import { fairlead, fairleadCommand } from "../harness/fairlead.ts";
import { randomBytes } from "../harness/random.ts";
import { succeeds } from "../harness/ended.ts";

const { ignore, shared: daemon } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const BEGUN = /^#\d+ [\d.]+ begun$/m;

/** Two steps, the second of which takes a while and makes a file. */
const twoSteps = () => {
  const id = crypto.randomUUID();
  return `FROM busybox AS made\nRUN echo one ${id}\n` +
    `RUN echo begun; sleep 4; echo whole > /file\nFROM scratch\nCOPY --from=made /file /\n`;
};

test("a build whose connection is cut is made again: what was built is cached, outputs are whole", async () => {
  await using bench = await makeWorkbench({ Dockerfile: twoSteps() });
  await using proxy = await startProxy({ to: daemon.tcp });
  let said = "";
  let cut = false;
  for (
    const output of [`type=local,dest=${bench.folder}/out`, `type=tar,dest=${bench.folder}/t`]
  ) {
    cut = false;
    said = "";
    const ended = await bench.build(["--retry", "2", "-o", output], {
      host: proxy.address,
      onStderr(text) {
        said += text;
        if (cut || !BEGUN.test(said)) return;
        cut = true;
        proxy.cut();
      },
    });
    assert.equal(ended.code, 0, ended.stderr);
    if (output.startsWith("type=local")) {
      assert.ok(cut, ended.stderr);
      assert.match(
        ended.stderr,
        /lost during build \w{25}: .*; building again, attempt 1 of 2\n/,
      );
      assert.match(ended.stderr, /^#\d+ CANCELED$/m);
      assert.match(ended.stderr, /building again[^]*RUN echo one [^\n]*\n#\d+ CACHED/);
    }
    assert.deepEqual(errorLines(ended), []);
  }
  assert.equal(await Deno.readTextFile(`${bench.folder}/out/file`), "whole\n");
  assert.ok((await Deno.stat(`${bench.folder}/t`)).size >= 1024);
});

test("without --retry the error has the build's ref, and the command that shows what became of it", async () => {
  await using bench = await makeWorkbench({ Dockerfile: twoSteps() });
  await using proxy = await startProxy({ to: daemon.tcp });
  let said = "";
  const ended = await bench.build([], {
    host: proxy.address,
    onStderr(text) {
      said += text;
      if (BEGUN.test(said)) proxy.cut();
    },
  });
  checkError(ended, /the connection to \S+ was lost during build \w{25}: /);
  const ref = /lost during build (\w{25})/.exec(ended.stderr)![1];
  const command = `fairlead history attach --builder buildkit-host ${ref}`;
  assert.ok(ended.stderr.includes(command), ended.stderr);
  // It does show that: the daemon cancels a build whose client is gone.
  const env = processEnv(bench, daemon.tcp);
  const shown = await fairlead(command.split(" ").slice(1), { env });
  assert.match(shown.stderr, /the build failed: Canceled: |RUN echo begun/, shown.stderr);
  assert.notEqual(shown.code, 0);
});

test("what has gone to stdout can't be sent again: no second build", async () => {
  const big = randomBytes(32 << 20);
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\nCOPY big /\n", big });
  // The cut throws away what the program hasn't read: sockets on the way hold up to 10 MiB.
  await using proxy = await startProxy({ to: daemon.tcp, down: { cutAfter: 24 << 20 } });
  const ended = await bench.build(["--retry", "2", "-o", "-"], { host: proxy.address });
  checkError(ended, /the connection to \S+ was lost during build /);
  assert.match(ended.stderr, /not building again: a part of its output is already on stdout/);
  assert.doesNotMatch(ended.stderr, /attempt/);
});

test("a context from stdin is kept for the next attempt", async () => {
  const big = randomBytes(8 << 20);
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\nCOPY big /\n", big });
  let sent = 0;
  await using proxy = await startProxy({
    to: daemon.tcp,
    hear(bytes) {
      if (sent < 4 << 20 && (sent += bytes.length) >= 4 << 20) proxy.cut();
    },
  });
  const build = fairleadCommand("build", "--progress=plain", "--retry=2", "-o", "out", "-");
  const script = `tar -c -C "${bench.context}" . | "$0" "$@"`;
  const ended = await succeeds(run("sh", ["-c", script, ...build], {
    cwd: bench.folder,
    env: { ...processEnv(bench, proxy.address), TMPDIR: bench.folder },
  }));
  assert.match(ended.stderr, /; building again, attempt 1 of 2/);
  assert.deepEqual(await Deno.readFile(`${bench.folder}/out/big`), big);
  const kept = [...Deno.readDirSync(bench.folder)].filter(({ name }) => /^fairlead-/.test(name));
  assert.deepEqual(kept, [], "it is gone with the build");
});

Deno.test("a daemon (a mock) that is lost each time is retried as often as asked, and its last error reported", async () => {
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\n" });
  await using fake = startFakeBuildkitd(async (build) => {
    await build.session();
    build.die();
  });
  const ended = await bench.build(["--retry", "1"], { host: fake.address });
  checkError(ended, /the connection to \S+ was lost during build /);
  assert.equal(fake.scripts.length, 2);
  assert.equal(ended.stderr.match(/building again, attempt 1 of 1/g)?.length, 1, ended.stderr);
});

Deno.test("a build that fails by itself (a mock) is not made again", async () => {
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\n" });
  const failure = new Error("process did not complete successfully: exit code: 1");
  await using fake = startFakeBuildkitd(() => Promise.reject(failure));
  const ended = await bench.build(["--retry", "3"], { host: fake.address });
  checkError(ended, /failed to solve: process did not complete successfully/);
  assert.equal(fake.scripts.length, 1);
  assert.doesNotMatch(ended.stderr, /building again/);
});

Deno.test("a daemon that comes up late is found", async () => {
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\n" });
  const path = `${bench.folder}/s`;
  let fake: ReturnType<typeof startFakeBuildkitd> | undefined;
  const ended = await bench.build(["--retry", "5"], {
    host: `unix://${path}`,
    onStderr(text) {
      if (text.includes("attempt 2 of 5")) {
        fake ??= startFakeBuildkitd(() => Promise.resolve(), path);
      }
    },
  });
  await fake?.stop();
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /no such socket; building again, attempt 1 of 5/);
  assert.doesNotMatch(ended.stderr, /^------$/m);
});

test("--idle-timeout cancels a build without progress, and no other", async () => {
  const id = crypto.randomUUID();
  const lines = `FROM busybox\nRUN for i in 1 2 3 4 5 6; do echo $i ${id}; sleep 1; done\n`;
  await using talks = await makeWorkbench({ Dockerfile: lines });
  await succeeds(talks.build(["--idle-timeout", "4s"], { host: daemon.tcp }));
  await using sleeps = await makeWorkbench({
    Dockerfile: `FROM busybox\nRUN sleep 60 # ${id}\n`,
  });
  const slept = await sleeps.build(["--idle-timeout", "2s", "--retry", "3"], { host: daemon.tcp });
  checkError(slept, /failed to build: the build made no progress for 2s, and was cancelled/);
  assert.match(slept.stderr, /#\d+ CANCELED/);
  assert.match(slept.stderr, /hint: .*--idle-timeout/);
  assert.ok(slept.ms < 30_000, `it took ${slept.ms} ms`);
});

Deno.test("values that make no sense are refused before the dial", async () => {
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\n" });
  const host = "unix:///nowhere";
  for (
    const words of [["--retry", "-1"], ["--idle-timeout", "-1s"], ["--connect-timeout", "-1s"]]
  ) {
    checkError(await bench.build(words, { host }), /invalid value .*negative/);
  }
});
