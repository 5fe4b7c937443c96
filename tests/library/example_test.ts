/** fairlead as a library: the example, and that the documentation has no gaps. */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { run } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { needsRoot } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { installInto, runtimes } from "./package.ts";
import { fails, succeeds } from "../harness/ended.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const example = `${root}/examples/library/build_folder.ts`;
const reason = needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "docker-registry");
const { ignore, shared } = await withShared(reason);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

async function context(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "fl-library-" });
  await Deno.writeTextFile(`${path}/Dockerfile`, "FROM scratch\nCOPY note /said\n");
  await Deno.writeTextFile(`${path}/note`, "from the library\n");
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

test("the library's example builds a folder, in 20 lines", async () => {
  await using folder = await context();
  const to = `${folder.path}/out`;
  const { stdout } = await succeeds(run(Deno.execPath(), [
    ...["run", "-A", "--quiet", "--config", `${root}/deno.json`, example],
    ...[shared.address, folder.path, to],
  ]));
  assert.match(stdout, /\[internal\] load build context/);
  assert.equal(await Deno.readTextFile(`${to}/said`), "from the library\n");
  const lines = (await Deno.readTextFile(example)).split("\n").filter((line) =>
    line !== "" && !line.startsWith("//")
  );
  assert.ok(lines.length <= 20, `${lines.length} lines`);
});

test("the second example tells of workers, steps, and a build that fails", async () => {
  await using folder = await context();
  const example = `${root}/examples/library/follow_build.ts`;
  const follow = () =>
    run(Deno.execPath(), [
      ...["run", "-A", "--quiet", "--config", `${root}/deno.json`, example],
      ...[shared.address, folder.path],
    ]);
  const { stdout } = await succeeds(follow());
  assert.match(stdout, /^[0-9a-z]{25} linux\/\w+/);
  assert.equal(stdout.match(/^(DONE|CACHED) \[1\/1\] COPY note \/said$/gm)?.length, 1, stdout);

  const dockerfile = `FROM busybox\nRUN echo said in it; exit 3 # ${crypto.randomUUID()}\n`;
  await Deno.writeTextFile(`${folder.path}/Dockerfile`, dockerfile);
  const failed = await fails(follow());
  assert.match(
    failed.stdout,
    /^said in it\n(.*\n)*FAILED \[2\/2\] RUN .*: process .*exit code: 3$/m,
  );
  assert.match(failed.stderr, /^the build failed: process .* exit code: 3\n$/);

  // Each line that the manual shows is in the example.
  const page = await Deno.readTextFile(`${root}/docs/library.md`);
  const block = page.split("```ts\n")[2]!.split("```")[0]!.trimEnd().split("\n");
  const text = (await Deno.readTextFile(example)).split("\n").map((line) => line.trim());
  for (const line of block) assert.ok(text.includes(line.trim()), line);
});

test("a closed client leaves nothing that keeps a program alive", async () => {
  // A timer of ten minutes for the connection, if it is not cleared, keeps the program alive
  // until it fires.
  const script = `import { connect } from "fairlead";
    const client = await connect("${shared.address}", { timeout: 600_000 });
    await client.info();
    await client.close();`;
  await using folder = await context();
  const file = `${folder.path}/short.ts`;
  await Deno.writeTextFile(file, script);
  const args = ["run", "-A", "--quiet", "--no-check", "--config", `${root}/deno.json`, file];
  const { code, stderr } = await run(Deno.execPath(), args, {
    signal: AbortSignal.timeout(30_000),
  });
  assert.equal(code, 0, `it was still alive after 30 s, or failed: ${stderr}`);
});

Deno.test("the library's documentation has no gaps", async () => {
  await succeeds(run(Deno.execPath(), [
    ...["doc", "--lint", `${root}/buildkit/mod.ts`, `${root}/builders/mod.ts`],
  ]));
});

test("the package for npm works where it is installed", async () => {
  await using folder = await context();
  const { path } = folder;
  await installInto(path);
  const page = await Deno.readTextFile(`${path}/node_modules/@fairlead/fairlead/README.md`);
  assert.match(page, /\]\(https:/);
  assert.doesNotMatch(page, /\]\((?!https:)/, "what lies beside the page is not in the package");
  const text = (await Deno.readTextFile(example)).replace('"fairlead"', '"@fairlead/fairlead"');
  await Deno.writeTextFile(`${path}/example.ts`, text);
  const builders = await Deno.readTextFile(`${root}/examples/library/make_builder.ts`);
  const named = builders.replaceAll('"fairlead', '"@fairlead/fairlead');
  await Deno.writeTextFile(`${path}/builders.ts`, named);
  const args = ["--quiet", "--node-modules-dir=manual", "example.ts"];
  await succeeds(run(Deno.execPath(), ["check", ...args, "builders.ts"], { cwd: path }));
  await succeeds(run(Deno.execPath(), ["run", "-A", ...args, shared.address, path, "out"], {
    cwd: path,
  }));
  assert.equal(await Deno.readTextFile(`${path}/out/said`), "from the library\n");
});

Deno.test({
  name: "the package for npm runs under Node 22 and Bun, and refuses older ones",
  ignore: ignore || Deno.build.target !== "x86_64-unknown-linux-gnu",
}, async () => {
  await using folder = await context();
  await using certs = await makeCerts();
  const daemon = await startBuildkitd({ tcp: true, tls: { ...certs.server, ca: certs.ca.cert } });
  try {
    const { path } = folder;
    await installInto(path);
    const example = `${root}/examples/library/node.mjs`;
    await Deno.copyFile(example, `${path}/node.mjs`);
    const tls = [certs.ca.cert, certs.client.cert, certs.client.key];
    for (const program of await runtimes()) {
      for (const args of [[daemon.address], [daemon.tcp, ...tls]]) {
        const [address, ...files] = args;
        const words = ["node.mjs", address!, path, `${path}/out`, ...files];
        const ran = await succeeds(run(program, words, { cwd: path }));
        assert.match(ran.stdout, /\[internal\] load build context/);
        assert.equal(await Deno.readTextFile(`${path}/out/said`), "from the library\n");
        await Deno.remove(`${path}/out`, { recursive: true });
      }
      const absent = await fails(run(program, ["node.mjs", "unix:///nowhere", path, "out"], {
        cwd: path,
      }));
      assert.match(absent.stderr, /cannot reach unix:\/\/\/nowhere: no such socket/);
    }
    const { stdout: own } = await run("node", ["--version"]);
    if (Number(/^v(\d+)/.exec(own)?.[1]) < 22) {
      for (const part of ["", "/builders"]) {
        const script = `import("@fairlead/fairlead${part}")`;
        const old = await run("node", ["--eval", script], { cwd: path });
        assert.match(old.stderr, /needs Node 22, Bun 1\.2 or Deno 2\.9\.6, and this is Node \d/);
      }
    }
  } finally {
    await daemon.stop();
  }
});

Deno.test("the library can be published: all its public types are explicit", async () => {
  await succeeds(run(Deno.execPath(), [
    ...["publish", "--dry-run", "--no-check", "--allow-dirty", "--config", `${root}/deno.json`],
  ], { cwd: root }));
});
