import assert from "node:assert/strict";
import { run } from "./run.ts";
import { sharedBuildkitd } from "./shared.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing } from "./tool.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox"),
);

if (!ignore) {
  const { address } = await sharedBuildkitd();
  Deno.test("scripts/demo runs what it built, on the daemon of BUILDKIT_HOST", async () => {
    const out = await Deno.makeTempDir();
    const env = { BUILDKIT_HOST: address, USER: "tester" };
    const ran = await run(`${root}/scripts/demo`, [out], { env });
    await Deno.remove(out, { recursive: true });
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /^Hello, tester! A step on BuildKit \(Linux/m);
  });
}

Deno.test("scripts/fairlead runs through symlinks, from any folder, arguments and code untouched", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(`${dir}/a b`);
  await Deno.symlink(`${root}/scripts/fairlead`, `${dir}/direct`);
  await Deno.symlink("../direct", `${dir}/a b/relative`);
  const version = await run(`${dir}/a b/relative`, ["version"], { cwd: "/" });
  assert.equal(version.code, 0, version.stderr);
  assert.match(version.stdout, /^fairlead /);
  const wrong = await run("./relative", ["no such  command", ""], { cwd: `${dir}/a b` });
  await Deno.remove(dir, { recursive: true });
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /no such {2}command/);
});
