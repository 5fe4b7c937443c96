import assert from "node:assert/strict";
import { accepts, until } from "./daemon.ts";
import { type Buildkitd, startBuildkitd } from "./buildkitd.ts";
import { pushBaseImage } from "./base_image.ts";
import { startRegistry } from "./registry.ts";
import { run } from "./run.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing, need } from "./tool.ts";
import { removedLater } from "./remove_folder.ts";

const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox"),
);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** Builds `text` with buildctl, and gives what the step printed. */
async function build(address: string, text: string, more: readonly string[] = []) {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  await Deno.writeTextFile(`${dir}/Dockerfile`, text);
  return await run(await need("buildctl"), [
    ...["--addr", address, "build", "--progress=plain", "--frontend=dockerfile.v0"],
    ...["--local", `context=${dir}`, "--local", `dockerfile=${dir}`, ...more],
  ]);
}

async function mountsBelow(folder: string): Promise<string[]> {
  const mounts = await Deno.readTextFile("/proc/self/mountinfo");
  return mounts.split("\n").filter((line) => line.includes(`${folder}/`));
}

test("a stopped daemon leaves no folder, no mount and no process", async () => {
  const daemon = await startBuildkitd();
  assert.deepEqual((await build(daemon.address, "FROM scratch\nCOPY . /\n")).code, 0);
  await daemon.stop();
  assert.ok(!await Deno.stat(daemon.root).then(() => true, () => false));
  assert.deepEqual(await mountsBelow(daemon.root), []);
  assert.ok(!await Deno.stat(`/proc/${daemon.pid}`).then(() => true, () => false));
});

test("a killed daemon can be restarted on its root, and its steps are ended", async () => {
  await using registry = await startRegistry();
  const daemon = await startBuildkitd({ config: registry.config({ mirror: true }) });
  let second: Buildkitd | undefined;
  try {
    await pushBaseImage(daemon.address, registry.host);
    const mark = `4${Math.floor(Math.random() * 1e6)}`;
    const building = build(daemon.address, `FROM busybox\nRUN sleep ${mark}\n`);
    assert.ok(await until(() => isRunning(mark), 30_000), "the step did not start");
    await daemon.kill();
    assert.deepEqual(await daemon.exited, 128 + 9);
    assert.notEqual((await building).code, 0);
    second = await daemon.restart();
    assert.ok(!await isRunning(mark), "the step lives on");
    assert.deepEqual((await build(second.address, "FROM busybox\nRUN true\n")).code, 0);
  } finally {
    await daemon.stop();
    await second?.stop();
  }
  assert.deepEqual(await mountsBelow(daemon.root), []);
});

test("a daemon dies with the process that started it", async () => {
  const start = `import { startBuildkitd } from ${
    JSON.stringify(new URL("./buildkitd.ts", import.meta.url).href)
  };
      const daemon = await startBuildkitd();
      await Deno.stdout.write(new TextEncoder().encode(daemon.root + "\\n"));
      Deno.kill(Deno.pid, "SIGKILL");`;
  const ran = await run(Deno.execPath(), ["eval", start]);
  const root = ran.stdout.trim();
  assert.ok(root.startsWith("/"), ran.stderr);
  assert.ok(await until(() => Deno.stat(root).then(() => false, () => true), 30_000), root);
  assert.ok(!await accepts({ transport: "unix", path: `${root}/s` }));
});

/** Whether a `sleep MARK` runs anywhere. */
async function isRunning(mark: string): Promise<boolean> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line === `sleep\0${mark}\0`) return true;
  }
  return false;
}
