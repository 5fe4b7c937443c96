/** scripts/release.ts and the workflows that run it. */
import assert from "node:assert/strict";
import { version } from "../../version.ts";
import { run } from "../harness/run.ts";
import { succeeds } from "../harness/ended.ts";

const root = new URL("../..", import.meta.url).pathname;

/** The figures of the manual, for files of a few bytes. */
const SIZES = "`.xz` (0 MB), `.gz` (0 MB), or uncompressed (0 MB)\n";

/** A copy of the files that the script reads, with a changelog and binaries of its own. */
async function checkout(changelog: string, binaries: Record<string, string>) {
  const dir = await Deno.makeTempDir({ prefix: "fl-release-" });
  const files = ["version.ts", "install.sh", "scripts/release.ts", "scripts/run.ts", "LICENSE"];
  for (const folder of ["base", "scripts/release"]) {
    await Deno.mkdir(`${dir}/${folder}`, { recursive: true });
    for (const { name, isFile } of Deno.readDirSync(root + folder)) {
      if (isFile) files.push(`${folder}/${name}`);
    }
  }
  for (const name of files) {
    await Deno.copyFile(root + name, `${dir}/${name}`);
  }
  await Deno.writeTextFile(`${dir}/CHANGELOG.md`, changelog);
  await Deno.mkdir(`${dir}/docs`);
  await Deno.writeTextFile(`${dir}/docs/install.md`, SIZES);
  await Deno.mkdir(`${dir}/out`);
  for (const [name, text] of Object.entries(binaries)) {
    await Deno.writeTextFile(`${dir}/out/${name}`, text);
  }
  return {
    dir,
    release: (...args: string[]) =>
      run(Deno.execPath(), ["run", "-A", "--no-config", `${dir}/scripts/release.ts`, ...args]),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

const number = version.number.slice(1);
const changelog =
  `# Changelog\n\n## Unreleased\n\n- later\n\n## ${number} - 2026-01-01\n\n- this\n\n` +
  `## 0.0.1\n\n- before\n`;

Deno.test("release.ts gathers binaries, checksums that sha256sum takes, and notes", async () => {
  await using made = await checkout(changelog, {
    "fairlead-linux-x64": "one",
    "fairlead-windows-x64.exe": "two",
    "fairlead.js": "three",
    "policy-engine.wasm.br": "four",
    "POLICY_LICENCES.txt": "five",
  });
  for (const task of ["check", "gather"]) {
    await succeeds(made.release(task, version.number));
  }
  const cwd = `${made.dir}/dist/release`;
  const { stdout } = await succeeds(run("sha256sum", ["-c", "SHA256SUMS"], { cwd }));
  // The first one is there as it is, as .xz, as .gz, and as the archive that Nix unpacks.
  assert.equal(stdout.match(/: OK/g)?.length, 8);
  assert.equal((await run("xz", ["-dc", "fairlead-linux-x64.xz"], { cwd })).stdout, "one");
  assert.equal((await run("gzip", ["-dc", "fairlead-linux-x64.gz"], { cwd })).stdout, "one");
  const formula = await Deno.readTextFile(`${cwd}/fairlead.rb`);
  const [, sum] = /fairlead-linux-x64\.gz"\n\s+sha256 "([0-9a-f]{64})"/.exec(formula) ?? [];
  assert.match(
    await Deno.readTextFile(`${cwd}/SHA256SUMS`),
    new RegExp(`^${sum}  fairlead-linux-x64\\.gz$`, "m"),
  );
  assert.doesNotMatch(formula, /macos-arm64/);
  const flake = await run("tar", ["-xzOf", "fairlead-flake.tar.gz", "fairlead/flake.nix"], { cwd });
  const [, packed] = /fairlead-linux-x64\.tar\.xz";\n\s+sha256 = "([0-9a-f]{64})"/.exec(
    flake.stdout,
  )!;
  assert.match(
    await Deno.readTextFile(`${cwd}/SHA256SUMS`),
    new RegExp(`^${packed}  fairlead-linux-x64\\.tar\\.xz$`, "m"),
  );
  assert.equal(await Deno.readTextFile(`${cwd}/notes.md`), "- this\n");
  assert.ok((await Deno.stat(`${cwd}/install.sh`)).isFile);
  // A size that the manual states wrongly.
  await Deno.writeTextFile(
    `${made.dir}/docs/install.md`,
    SIZES.replace("uncompressed (0", "uncompressed (9"),
  );
  const { stderr } = await made.release("gather", version.number);
  assert.match(stderr, /docs\/install\.md says "or uncompressed \(9 MB\)", and it is 0\.0 MB/);
});

Deno.test("release.ts refuses a wrong tag, a changelog without it, and a lack of binaries", async () => {
  await using made = await checkout(changelog, {});
  assert.match(
    (await made.release("check", "v9.9.9")).stderr,
    /the tag is v9\.9\.9, and version\.ts/,
  );
  assert.match((await made.release("gather", version.number)).stderr, /out\/ has no binaries/);
  await Deno.writeTextFile(`${made.dir}/CHANGELOG.md`, "# Changelog\n");
  assert.match((await made.release("check", version.number)).stderr, /CHANGELOG\.md has no "## /);
  assert.equal((await made.release("nonsense")).code, 1);
});

Deno.test("the version stands in version.ts, and deno.json, for JSR, says the same", async () => {
  const config = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  assert.equal(`v${config.version}`, version.number);
});

Deno.test("the workflows run existing scripts alone", async () => {
  const config = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  for (const name of ["test.yml", "release.yml"]) {
    const text = await Deno.readTextFile(`${root}.github/workflows/${name}`);
    for (const [whole, task] of text.matchAll(/deno task (\w+)/g)) {
      assert.ok(config.tasks[task!], whole);
    }
    for (const [path] of text.matchAll(/(?:scripts|\.ci)\/[\w.]+/g)) await Deno.stat(root + path);
    assert.match(text, /^permissions: \{ contents: read \}$/m);
  }
});
