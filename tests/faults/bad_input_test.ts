/**
 * Mistakes of a user and failures of a file system, on a real daemon: one message each, and no
 * half-written output.
 */
import assert from "node:assert/strict";
import { startProxy } from "../harness/proxy.ts";
import { check, run } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { entriesOf } from "./leftovers.ts";
import { checkError, makeWorkbench } from "./workbench.ts";
import { randomBytes } from "../harness/random.ts";
import { succeeds } from "../harness/ended.ts";

const { ignore, shared: daemon } = await withShared();

const copyAll = "FROM scratch\nCOPY . /\n";

function test(name: string, fn: (host: string) => Promise<void>): void {
  Deno.test({ name, ignore }, () => fn(daemon.tcp));
}

test("a file of the context that can't be read is named, and nothing is written", async (host) => {
  await using bench = await makeWorkbench({ Dockerfile: copyAll, bad: "" });
  // Root may open everything: a process's memory at address 0 gives EIO also to root.
  await check("mount", ["--bind", "/proc/self/mem", `${bench.context}/bad`]);
  try {
    const ended = await bench.build(["-o", `type=tar,dest=${bench.folder}/o.tar`], { host });
    checkError(ended, /failed to build: cannot read "bad": /);
    assert.ok(!entriesOf(bench.folder).includes("o.tar"));
  } finally {
    await check("umount", [`${bench.context}/bad`]);
  }
});

test("a file that an ordinary user may not read is named", async (host) => {
  await using bench = await makeWorkbench({ Dockerfile: copyAll, secret: "for root alone" });
  await Deno.chmod(`${bench.context}/secret`, 0o600);
  // That user can't read root's Deno and packages, so the test runs a bundle and a link to Deno.
  const program = `${bench.folder}/fairlead.js`;
  const deno = `${bench.folder}/deno`;
  const root = new URL("../..", import.meta.url).pathname;
  const compile = ["run", "-A", "--quiet", `${root}scripts/compile.ts`, "--js"];
  await check(Deno.execPath(), [...compile, `--output=${program}`], { cwd: root });
  await Deno.link(Deno.execPath(), deno).catch(() => Deno.copyFile(Deno.execPath(), deno));
  await Deno.mkdir(`${bench.folder}/home`);
  await check("chown", ["65534", `${bench.folder}/home`]);
  await Deno.chmod(bench.folder, 0o755);
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
  const ended = await run("setpriv", [
    ...user,
    ...[deno, "run", "-A", "--no-config", program, "build", bench.context],
  ], {
    cwd: bench.folder,
    env: { HOME: `${bench.folder}/home`, DENO_DIR: `${bench.folder}/home`, BUILDKIT_HOST: host },
  });
  checkError({ ...ended, ms: 0 }, /failed to build: cannot read "secret": .*ermission denied/);
});

test("each file that changes while the context is read is reported, and the build goes on", async () => {
  // Larger ones are read in parts, ahead of the link; small ones whole.
  const size = 1 << 20;
  await using bench = await makeWorkbench({
    Dockerfile: copyAll,
    "a-stays": randomBytes(size),
    "b-shrinks": randomBytes(size),
    "c-vanishes": randomBytes(size),
    "d-folder": randomBytes(size),
    "e-grows": randomBytes(size),
    "f-link": randomBytes(size),
    "g-small": randomBytes(100),
  });
  const { context, folder } = bench;
  const listed = Promise.withResolvers<void>();
  await using proxy = await startProxy({
    to: daemon.address,
    listen: "unix",
    // The builder asks for files in an order of its own: so all are changed before it knows of any.
    hear(bytes) {
      if (!new TextDecoder("latin1").decode(bytes).includes("a-stays")) return;
      proxy.stall(true);
      listed.resolve();
    },
  });
  const changing = (async () => {
    await listed.promise;
    await Deno.truncate(`${context}/b-shrinks`, 1000);
    await Deno.remove(`${context}/c-vanishes`);
    await Deno.remove(`${context}/d-folder`);
    await Deno.mkdir(`${context}/d-folder`);
    await Deno.writeFile(`${context}/e-grows`, randomBytes(size), { append: true });
    await Deno.remove(`${context}/f-link`);
    await Deno.symlink("/etc/passwd", `${context}/f-link`);
    await Deno.truncate(`${context}/g-small`, 0);
    proxy.stall(false);
  })();
  const ended = await bench.build(["-o", `${folder}/out`], { host: proxy.address });
  listed.resolve();
  await changing;
  assert.equal(ended.code, 0, ended.stderr);
  const warned = [...ended.stderr.matchAll(/WARNING: context: (\S+): (.*)/g)];
  assert.deepEqual(warned.map(([, name]) => name!.replace(/:$/, "")).sort(), [
    "b-shrinks",
    "c-vanishes",
    "d-folder",
    "e-grows",
    "f-link",
    "g-small",
  ], ended.stderr);
  const lengths = Object.fromEntries(
    ["a-stays", "b-shrinks", "c-vanishes", "d-folder", "e-grows", "f-link", "g-small"].map(
      (name) => [name, Deno.statSync(`${folder}/out/${name}`).size],
    ),
  );
  assert.deepEqual(lengths, {
    "a-stays": size,
    "b-shrinks": 1000,
    "c-vanishes": 0,
    "d-folder": 0,
    "e-grows": 2 * size,
    "f-link": 0,
    "g-small": 0,
  });
});

test("a Dockerfile that is missing or a folder is named", async (host) => {
  await using bench = await makeWorkbench({});
  checkError(await bench.build([], { host }), /failed to read dockerfile: open \S+: no such file/);
  await Deno.mkdir(`${bench.context}/Dockerfile`);
  checkError(
    await bench.build([], { host }),
    /failed to read dockerfile: \S+ is not a regular file/,
  );
  checkError(await bench.build(["-f", "nothing"], { host }), /nothing: no such file/);
});

test("an invalid Dockerfile and a failed step give the daemon's error with the Dockerfile's lines", async (host) => {
  await using bench = await makeWorkbench({ Dockerfile: "FROM scratch\nFLY away\n" });
  checkError(await bench.build([], { host }), /failed to solve: .*unknown instruction: FLY/);
  await Deno.writeTextFile(`${bench.context}/Dockerfile`, "FROM busybox\nRUN echo said; exit 3\n");
  const ended = await bench.build([], { host });
  checkError(ended, /did not complete successfully: exit code: 3/);
  assert.match(ended.stderr, /Dockerfile:2/);
  assert.match(ended.stderr, />>> RUN echo said/);
});

test("an invalid tag is refused before anything is dialled", async () => {
  await using bench = await makeWorkbench({ Dockerfile: copyAll });
  for (const tag of ["Upper", "a:b:c", "-x", "a@sha256:12"]) {
    const ended = await bench.build(["-t", tag], { host: "tcp://127.0.0.1:1" });
    checkError(ended, /invalid tag/);
  }
});

test("outputs that can't be written are named, and nothing is left", async (host) => {
  await using bench = await makeWorkbench({ Dockerfile: copyAll, file: "content" });
  const { folder } = bench;
  await Deno.writeTextFile(`${folder}/a-file`, "mine");
  await Deno.mkdir(`${folder}/a-folder/inside`, { recursive: true });
  for (
    const [output, named] of [
      [`type=local,dest=${folder}/a-file`, "a-file"],
      [`type=local,dest=${folder}/a-file/below`, "a-file/below"],
      ["type=local,dest=/proc/fairlead", "/proc/fairlead"],
      [`type=tar,dest=${folder}/a-folder`, "a-folder"],
      [`type=tar,dest=${folder}/a-file/o.tar`, "a-file/o.tar"],
      ["type=tar,dest=/proc/o.tar", "/proc/o.tar"],
      [`type=oci,dest=${folder}/a-folder`, "a-folder"],
    ] as const
  ) {
    const ended = await bench.build(["-o", output], { host });
    checkError(ended, /ERROR: /);
    assert.ok(ended.stderr.includes(named), `${output}:\n${ended.stderr}`);
  }
  assert.equal(await Deno.readTextFile(`${folder}/a-file`), "mine");
  assert.deepEqual(entriesOf(`${folder}/a-folder`), ["inside/"]);
});

test("an existing entry of another kind is replaced by the output's", async (host) => {
  await using bench = await makeWorkbench({ Dockerfile: copyAll, file: "content" });
  await Deno.mkdir(`${bench.folder}/out/file`, { recursive: true });
  await Deno.writeTextFile(`${bench.folder}/out/file/in the way`, "");
  await succeeds(bench.build(["-o", `${bench.folder}/out`], { host }));
  assert.equal(await Deno.readTextFile(`${bench.folder}/out/file`), "content");
});

test("a full disk is reported, for a folder, a tar and an image", async (host) => {
  await using bench = await makeWorkbench({ Dockerfile: copyAll, big: randomBytes(4 << 20) });
  const disk = `${bench.folder}/disk`;
  await Deno.mkdir(disk);
  await check("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  try {
    const outputs: [output: string, code: number][] = [
      [`type=local,dest=${disk}/out`, 1],
      // buildx's session answers ResourceExhausted then.
      [`type=tar,dest=${disk}/o.tar`, 102],
      [`type=oci,dest=${disk}/o.oci`, 102],
    ];
    for (const [output, code] of outputs) {
      const ended = await bench.build(["-o", output], { host });
      checkError(ended, /failed to build: cannot write .*no space left on device/i, code);
      assert.deepEqual(
        entriesOf(disk).filter((path) => !path.endsWith("/") && path !== "out/Dockerfile"),
        [],
        output,
      );
      await Deno.remove(`${disk}/out`, { recursive: true }).catch(() => {});
    }
  } finally {
    await check("umount", [disk]);
  }
});
