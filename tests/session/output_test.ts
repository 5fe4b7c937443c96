/** After a failed output no new file is left, and the earlier files are unchanged. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type InWorkspace, inWorkspace, type Workspace } from "../build/workspace.ts";
import { fairleadCommand, startFairlead } from "../harness/fairlead.ts";
import { check } from "../harness/run.ts";
import { untilListening } from "../harness/until_listening.ts";
import { withShared } from "../harness/shared.ts";
import { randomBytes } from "../harness/random.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared();
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

/** A context with a file of `mib` random MiB. */
function context(space: Workspace, mib: number): void {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY big /\n" });
  Deno.writeFileSync(space.path("ctx/big"), randomBytes(mib << 20));
}

const build = (space: Workspace, output: string, more: string[] = []) =>
  space.fairlead(["build", "--progress", "plain", "--output", output, ...more, "ctx"]);

const names = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();

test("a full disk: one message with the path, buildx's exit code, and nothing left", async (space) => {
  context(space, 12);
  const disk = space.path("disk");
  Deno.mkdirSync(disk);
  await check("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
  try {
    Deno.writeTextFileSync(`${disk}/out.tar`, "before");
    const { code, stderr } = await build(space, `type=tar,dest=${disk}/out.tar`);
    match(stderr, /cannot write \S+\/disk\/out\.tar: no space left on device/);
    const theirs = await space.buildx(["build", "-o", `type=tar,dest=${disk}/peer.tar`, "ctx"]);
    equal(code, theirs.code);
    Deno.removeSync(`${disk}/peer.tar`);
    deepEqual(names(disk), ["out.tar"]);
    equal(Deno.readTextFileSync(`${disk}/out.tar`), "before");
    const folder = await build(space, `type=local,dest=${disk}/folder`);
    match(folder.stderr, /cannot write "\S+\/disk\/folder\/big": no space left on device/);
    Deno.removeSync(`${disk}/folder`, { recursive: true });
    // The rest of the disk is filled, so that an answer has no room.
    await new Deno.Command("cp", { args: ["/dev/zero", `${disk}/all`] }).output();
    const metadata = ["build", "-o", "type=image", `--metadata-file=${disk}/m`, "ctx"];
    const answer = await space.fairlead(metadata);
    match(answer.stderr, /cannot write \S+\/disk\/m: no space left on device\n$/);
    equal(answer.code, (await space.buildx(metadata)).code);
    Deno.removeSync(`${disk}/all`);
    const layout = `type=oci,tar=false,dest=${disk}/layout`;
    const blobs = await build(space, layout);
    match(blobs.stderr, /cannot write to \S+\/disk\/layout: no space left on device\n$/);
    Deno.removeSync(`${disk}/layout`, { recursive: true });
    equal(blobs.code, (await space.buildx(["build", "-o", layout, "ctx"])).code);
    Deno.removeSync(`${disk}/layout`, { recursive: true });
  } finally {
    await check("umount", [disk]);
  }
});

test("standard output on a full disk, and one that nobody reads", async (space) => {
  context(space, 12);
  const build = fairleadCommand("build", "--progress=plain", "--output", "-", "ctx");
  const shell = (tail: string) =>
    check("sh", ["-c", `"$0" "$@" 2>err ${tail}`, ...build], { cwd: space.dir, env: space.env });
  await shell(">/dev/full; test $? = 102");
  match(space.read("err"), /cannot write to standard output: no space left on device/);
  await shell("| head -c 100000 >got; true");
  equal(Deno.statSync(space.path("got")).size, 100000);
  match(space.read("err"), /cannot write to standard output: the reader of the output has gone/);
});

test("when one of two outputs fails, neither is left", async (space) => {
  context(space, 3);
  Deno.mkdirSync(space.path("out"));
  const { stderr } = await fails(build(space, `type=tar,dest=out/a.tar`, [
    "--output",
    "type=oci,dest=/proc/none/b.tar",
  ]));
  match(stderr, /cannot write \/proc\/none\/b\.tar: /);
  deepEqual(names(space.path("out")), []);
});

test("a build that is interrupted while it sends leaves nothing", async (space) => {
  context(space, 3);
  await check("mkfifo", [space.path("fifo")]);
  const outputs = ["--output", "type=tar,dest=out.tar", "--output", "type=tar,dest=fifo"];
  const args = ["build", "--progress=plain", ...outputs, "ctx"];
  const { child, ended } = startFairlead(args, { cwd: space.dir, env: space.env });
  // The second output waits for its reader: the build can't end.
  using reader = await Deno.open(space.path("fifo"));
  await reader.read(new Uint8Array(1));
  await untilListening(child.pid);
  child.kill("SIGINT");
  ok((await ended).code !== 0);
  deepEqual(names(space.dir).filter((name) => name.includes("out")), []);
});
