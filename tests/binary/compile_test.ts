/** `deno task compile`, as far as it goes without Deno's download site. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { need } from "../harness/tool.ts";
import { tempFolder } from "./binary.ts";
import { fails, succeeds } from "../harness/ended.ts";

const root = new URL("../..", import.meta.url).pathname;
const compile = (args: readonly string[], env: Record<string, string> = {}) =>
  run(Deno.execPath(), ["run", "-A", "--quiet", `${root}scripts/compile.ts`, ...args], {
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  });

Deno.test({
  name: "deno compile puts the whole program behind the base that DENORT_BIN names",
  ignore: Deno.build.os !== "linux" || skip(await missing("busybox")),
}, async () => {
  await using folder = await tempFolder();
  const output = `${folder.path}/fairlead`;
  // Any ELF file will do as a base: that it runs can't be seen here.
  const base = await need("busybox");
  await succeeds(compile([`--output=${output}`], { DENORT_BIN: base }));
  const made = await Deno.readFile(output);
  assert.deepEqual(made.subarray(0, 4), (await Deno.readFile(base)).subarray(0, 4));
  const text = new TextDecoder("latin1").decode(made);
  // From main.js, from what is imported late, and the hash of the commit.
  for (const part of ["unknown command: ", "gRPC listener", "no-lazy"]) {
    assert.ok(text.includes(part), part);
  }
  // Not assert.match, which would print the whole of it.
  assert.ok(/number:[`"]v[\d.]+[`"],revision:[`"][0-9a-f]{40}[`"]/.test(text), "the commit");
});

Deno.test("wrong arguments and impossible targets are refused", async () => {
  const message = async (...args: string[]) => {
    const { stderr } = await fails(compile(args));
    return stderr;
  };
  assert.match(await message("--targett=x"), /^compile: unknown argument "--targett=x"\n$/);
  assert.match(
    await message("--target=plan9"),
    /^compile: no target "plan9": there are linux-x64,/,
  );
  assert.match(await message("--output"), /^compile: --output needs a value\n$/);
  const windows = await message("--self-extracting", "--target=windows-x64");
  assert.match(windows, /^compile: windows-x64 has no POSIX shell: leave --self-extracting out\n$/);
  const folder = await message("--js", "--output=/tmp/");
  assert.match(folder, /^compile: --output names a file, and \/tmp\/ is a folder\n$/);
  const several = await message("--target=linux-x64,linux-arm64", "--output=x");
  assert.match(several, /^compile: --output is for one target only\n$/);
});

Deno.test({
  name: "fairlead.js runs by any Deno, from any folder, without a cache or a network",
  ignore: Deno.build.os === "windows",
}, async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/fairlead.js`;
  await succeeds(compile(["--js", `--output=${file}`]));
  const deno = Deno.execPath();
  const path = `${deno.slice(0, deno.lastIndexOf("/"))}:/usr/bin:/bin`;
  const env = ["-i", `PATH=${path}`, `HOME=${folder.path}`, "DENO_NO_UPDATE_CHECK=1"];
  const fairlead = (...args: string[]) => run("env", [...env, file, ...args], { cwd: "/" });
  assert.match((await fairlead("version")).stdout, /^fairlead v\S+ [0-9a-f]{40}\n$/);
  assert.match((await fairlead("ls")).stdout, /^default\* +error/m);
  // A library in CommonJS, on top of node's modules.
  const ssh = await run("env", [...env, "BUILDKIT_HOST=ssh://127.0.0.1:1", file, "inspect"]);
  assert.match(ssh.stdout + ssh.stderr, /connection refused/);
});
