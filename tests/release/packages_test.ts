/** The packages of a release, installed as users do: npm's by Node, Debian's by dpkg. */
import assert from "node:assert/strict";
import { debPackages } from "../../scripts/release/deb.ts";
import { npxPackages } from "../../scripts/release/npx.ts";
import { version } from "../../version.ts";
import { check, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { onPath } from "../harness/tool.ts";
import { compileInto, tempFolder } from "../binary/binary.ts";
import { fails } from "../harness/ended.ts";

const number = version.number.slice(1);
const ignore = Deno.build.target !== "x86_64-unknown-linux-gnu" || skip(
  needsRoot() ??
    (await onPath("npm") && await onPath("dpkg-deb") ? undefined : "there is no npm, or no dpkg"),
);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const made = await tempFolder();
const out = `${made.path}/out`;
/** Shows how it was called, and waits for a signal or ends with a code. */
const STAND_IN = `#!/bin/sh
echo "$# $*"
[ "$1" != wait ] || { trap 'exit 42' TERM; : >ready; while :; do sleep 0.1; done; }
[ "$1" != die ] || kill -KILL $$
exit 7
`;
if (!ignore) {
  await Deno.mkdir(out);
  await Deno.rename(await compileInto(made.path), `${out}/fairlead-linux-x64`);
}

test("npx fairlead: from tarballs, in an empty project, with no script run", async () => {
  await npxPackages(out, `${made.path}/npx`, number);
  const project = `${made.path}/project`;
  await Deno.mkdir(project);
  await Deno.writeTextFile(`${project}/package.json`, "{}");
  const packed = await check("npm", ["pack", "--json", `${made.path}/npx/fairlead`], {
    cwd: made.path,
  });
  // npm packs a package of this size for 20 s.
  const large = `${made.path}/linux-x64.tgz`;
  const names = ["-C", `${made.path}/npx`, "--transform=s/^linux-x64/package/", "linux-x64"];
  await check("tar", ["--use-compress-program=gzip -1", "-cf", large, ...names]);
  const tarballs = [large, `${made.path}/${JSON.parse(packed.stdout)[0].filename}`];
  const install = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await check("npm", [...install, ...tarballs], { cwd: project });
  const npx = (...args: string[]) =>
    run("npx", ["--offline", "fairlead", ...args], {
      cwd: project,
      env: { FAIRLEAD_CACHE: `${made.path}/cache` },
    });
  const real = await npx("version");
  assert.ok(real.stdout.startsWith(`fairlead v${number} `), real.stdout + real.stderr);
  // From here on a stand-in shows how it is called.
  const program = `${project}/node_modules/@fairlead/linux-x64/bin/fairlead`;
  await Deno.writeTextFile(program, STAND_IN, { mode: 0o755 });
  const ran = await npx("a b", "--c");
  assert.equal(ran.stdout, "2 a b --c\n", ran.stderr);
  assert.equal(ran.code, 7);
  const launcher = "node_modules/fairlead/fairlead.js";
  const killed = await run("node", [launcher, "die"], { cwd: project });
  assert.equal(killed.code, 137);
  const waiting = new Deno.Command("node", {
    args: [launcher, "wait"],
    cwd: project,
    stdin: "null",
    stdout: "null",
  }).spawn();
  while (!await Deno.stat(`${project}/ready`).then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  waiting.kill("SIGTERM");
  assert.equal((await waiting.status).code, 42);
  // The package for this platform is not there.
  await Deno.remove(`${project}/node_modules/@fairlead`, { recursive: true });
  const absent = await fails(run("node", ["node_modules/fairlead/fairlead.js"], { cwd: project }));
  assert.match(
    absent.stderr,
    /^fairlead: the package @fairlead\/linux-x64 is not here: install it/,
  );
});

test("the .deb installs into a root without anything else, and runs there", async () => {
  await debPackages(out, number, "none");
  const deb = `${out}/fairlead_${number}_amd64.deb`;
  const control = (await check("dpkg-deb", ["--field", deb])).stdout;
  assert.match(control, /^Package: fairlead$/m);
  assert.doesNotMatch(control, /^Depends:/m);
  const root = `${made.path}/root`;
  await Deno.mkdir(`${root}/var/lib/dpkg/updates`, { recursive: true });
  await Deno.writeTextFile(`${root}/var/lib/dpkg/status`, "");
  await check("dpkg", [`--root=${root}`, "--force-script-chrootless", "--install", deb]);
  const ran = await run(`${root}/usr/bin/fairlead`, ["version"], {
    env: { FAIRLEAD_CACHE: `${made.path}/cache` },
  });
  assert.ok(ran.stdout.startsWith(`fairlead v${number} `), ran.stdout + ran.stderr);
  assert.match(await Deno.readTextFile(`${root}/usr/share/man/man1/fairlead.1`), /fairlead/);
  await check("dpkg", [`--root=${root}`, "--force-script-chrootless", "--purge", "fairlead"]);
  assert.throws(() => Deno.statSync(`${root}/usr/bin/fairlead`), Deno.errors.NotFound);
});

globalThis.addEventListener("unload", () => Deno.removeSync(made.path, { recursive: true }));
