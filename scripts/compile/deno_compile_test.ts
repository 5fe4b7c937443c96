import assert from "node:assert/strict";
import { denoCompile } from "./deno_compile.ts";
import { findTarget, targets } from "./targets.ts";

/** Calls it with a stand-in for Deno, a shell script; resolves to the error's message. */
async function failure(script: string, name: string): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/deno`, `#!/bin/sh\n${script}\n`);
    await Deno.chmod(`${dir}/deno`, 0o755);
    const options = { target: findTarget(name), dist: "/dist", output: `${dir}/out` };
    return await denoCompile(options, `${dir}/deno`).then(() => "", (error) => error.message);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "deno compile is told the target, the permissions, the flags and the whole program",
  ignore,
}, async () => {
  for (const { name, triple } of targets) {
    const said = await failure('echo "$@" >&2; exit 1', name);
    assert.match(said, /^deno compile failed:\ncompile -A /);
    assert.match(said, new RegExp(` --target ${triple} `));
    assert.match(said, / --v8-flags=--no-lazy,\S+ .*--include \/dist .*\/dist\/main\.js$/);
  }
});

Deno.test({
  name: "a base runtime that can't be downloaded: what to set, and where to get it",
  ignore,
}, async () => {
  const script = `echo "error: Setting up base binary.
    1: error sending request for url (https://dl.deno.land/x.zip): dns error
Stack backtrace:
   0: <unknown>" >&2; exit 1`;
  const linux = await failure(script, "linux-x64");
  assert.match(linux, /^cannot compile for linux-x64: Deno's base runtime could not be had\n/);
  assert.match(linux, /\n {2}1: error sending request for url .*dns error\n/);
  assert.doesNotMatch(linux, /backtrace|<unknown>/);
  assert.match(
    linux,
    /\nhint: set DENORT_BIN to the denort of https:\/\/dl\.deno\.land\/\S+gnu\.zip,/,
  );
  assert.match(linux, /--self-extracting/);
  assert.doesNotMatch(await failure(script, "windows-x64"), /--self-extracting/);
});

Deno.test("a target goes by its name or Deno's", () => {
  assert.equal(findTarget("macos-arm64"), findTarget("aarch64-apple-darwin"));
  assert.throws(() => findTarget("plan9"), /no target "plan9": there are linux-x64, .*windows-x64/);
});
