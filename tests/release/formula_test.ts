/** Homebrew's formula of a release, by Ruby and a stand-in for Homebrew (`homebrew.rb`). */
import assert from "node:assert/strict";
import { formula } from "../../scripts/release/formula.ts";
import { version } from "../../version.ts";
import { compileInto, tempFolder } from "../binary/binary.ts";
import { debian } from "../harness/debian.ts";
import { digest } from "../harness/random.ts";
import { check, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { fileServer } from "../harness/web_server.ts";

const isSuitable = Deno.build.target === "x86_64-unknown-linux-gnu" && needsRoot() === undefined;
const ruby = isSuitable ? await debian("bookworm", "ruby3.1", "libruby3.1") : undefined;
const reason = ruby === undefined ? "Debian's Ruby can't be had, or this isn't root" : undefined;
const standIn = new URL("./homebrew.rb", import.meta.url).pathname;

Deno.test({
  name: "brew install: the formula's steps install a release's file for this platform",
  ignore: skip(reason),
}, async () => {
  await using folder = await tempFolder();
  const [tag, name] = [version.number, "fairlead-linux-x64.gz"];
  const file = await compileInto(folder.path);
  await check("gzip", ["-1", file]);
  const bytes = await Deno.readFile(`${file}.gz`);
  await using server = fileServer({ [`/${tag}/${name}`]: bytes });
  const lib = `${ruby}/usr/lib`;
  const brew = async (sum: string, ...args: string[]) => {
    const sums = new Map([[name, sum], ["fairlead-macos-arm64.gz", sum]]);
    await Deno.writeTextFile(`${folder.path}/fairlead.rb`, formula(tag, sums, server.url));
    const words = ["--disable-gems", standIn, `${folder.path}/fairlead.rb`, ...args];
    return await run(`${ruby}/usr/bin/ruby3.1`, words, {
      env: {
        FAIRLEAD_CACHE: `${folder.path}/cache`,
        LD_LIBRARY_PATH: `${lib}/x86_64-linux-gnu`,
        RUBYLIB: `${lib}/ruby/3.1.0:${lib}/x86_64-linux-gnu/ruby/3.1.0`,
      },
    });
  };
  const sum = await digest(bytes);
  const prefix = `${folder.path}/prefix`;
  const installed = await brew(sum, "linux", "intel", prefix);
  assert.equal(installed.stdout, "installed\n", installed.stderr);
  assert.equal((await Deno.stat(`${prefix}/bin/fairlead`)).mode! & 0o777, 0o755);
  const mac = await brew(sum, "macos", "arm", "-");
  assert.match(mac.stdout, /\/fairlead-macos-arm64\.gz\n$/, mac.stderr);
  const none = await brew(sum, "macos", "intel", "-");
  assert.match(none.stderr, /no file for macos on intel/);
  const wrong = await brew("0".repeat(64), "linux", "intel", `${folder.path}/other`);
  assert.match(wrong.stderr, /the checksum is wrong/);
});
