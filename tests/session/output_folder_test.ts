/** Thousands of files into a folder that refuses them, or whose build is interrupted. */
import { equal, match, ok } from "node:assert/strict";
import { exists } from "../../base/stat.ts";
import { type Workspace, workspace } from "../build/workspace.ts";
import { startBuildkitd, waitingSenders } from "../harness/buildkitd.ts";
import { freePort, until } from "../harness/daemon.ts";
import { fairleadCommand, startFairlead } from "../harness/fairlead.ts";
import { check, run } from "../harness/run.ts";
import { startProxy } from "../harness/proxy.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const ignore = skip(needsRoot() ?? await missing("buildkitd", "runc"));
const FILES = 1500;

const build = (output: string) => ["build", "--progress=plain", "--output", output, "ctx"];

/**
 * The step at which the build stops, and its error; undefined where chance decides, and the build
 * must only end.
 */
const refusals: [name: string, mount: string, limit: string, message: RegExp | undefined][] = [
  ["a full disk", "size=3m", ":", /cannot (write|create) "\S+": no space left on device/],
  ["no inodes", "size=400m,nr_inodes=600", ":", /cannot create "\S+": no space left on device/],
  ["26 descriptors", "size=400m", "ulimit -n 26", undefined],
  ["32 descriptors", "size=400m", "ulimit -n 32", undefined],
];

function context(space: Workspace): void {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY f /f/\n" });
  Deno.mkdirSync(space.path("ctx/f"));
  for (let i = 0; i < FILES; i++) {
    Deno.writeFileSync(space.path(`ctx/f/${10000 + i}`), new Uint8Array(3000));
  }
}

Deno.test({
  name:
    "an export that this machine refuses, or that is interrupted, ends, and so does the daemon's part in it",
  ignore,
}, async () => {
  const debug = `127.0.0.1:${freePort()}`;
  await using daemon = await startBuildkitd({ args: [`--debugaddr=${debug}`] });
  await using space = await workspace(daemon.address);
  context(space);
  const disk = space.path("disk");
  Deno.mkdirSync(disk);
  for (const [name, mount, limit, message] of refusals) {
    await check("mount", ["-t", "tmpfs", "-o", mount, "tmpfs", disk]);
    try {
      const { code, stderr } = await run("sh", [
        "-c",
        `${limit}; exec "$0" "$@"`,
        ...fairleadCommand(...build("disk/out")),
      ], { cwd: space.dir, env: space.env, signal: AbortSignal.timeout(60_000) });
      if (message === undefined) ok(code === 0 || code === 1, `${name}: exit ${code}: ${stderr}`);
      else {
        equal(code, 1, `${name}: ${stderr}`);
        match(stderr, message, `${name}: ${stderr}`);
      }
    } finally {
      await check("umount", [disk]);
    }
  }
  // A slow link, so that the signal comes while many files are under way.
  await using proxy = await startProxy({ to: daemon.address, down: { bytesPerSecond: 2_000_000 } });
  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    const env = { ...space.env, BUILDX_BUILDER: "", BUILDKIT_HOST: proxy.address };
    const { child, ended } = startFairlead(build(signal), { cwd: space.dir, env });
    ok(await until(() => Promise.resolve(filesIn(space.path(`${signal}/f`)) >= 200), 60_000));
    child.kill(signal);
    equal((await ended).code, signal === "SIGINT" ? 130 : 137);
  }
  equal(await waitingSenders(debug), 0);
});

/** The number of files in a folder, which may not be there yet. */
function filesIn(folder: string): number {
  return exists(folder) ? [...Deno.readDirSync(folder)].length : 0;
}
