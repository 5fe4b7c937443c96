/** The self-extracting binary in roots that lack almost everything. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { bareRoot, selfExtracting, VERSION } from "./binary.ts";

const { ignore, binary } = await selfExtracting();
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `self-extracting: ${name}`, ignore }, fn);

test("a root with a static busybox and no libc", async () => {
  await using root = await bareRoot(binary, { shell: "busybox" });
  for (let start = 0; start < 2; start++) {
    const { stdout, stderr } = await root.fairlead(["version"]);
    assert.match(stdout, VERSION, stderr);
    assert.equal(stderr, "");
  }
  assert.match((await root.fairlead(["--help"])).stdout, /^ {2}build +Start a build$/m);
  // The user has no home and no entry in passwd, and PATH is empty.
  const nobody = await root.byNobody(["version"], "PATH=");
  assert.match(nobody.stdout, VERSION, nobody.stderr);
  const names = [...Deno.readDirSync(`${root.path}/tmp`)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["fairlead-0", "fairlead-65534"]);
});

test("a root that is read-only but for /tmp", async () => {
  await using root = await bareRoot(binary, { shell: "busybox" });
  const script =
    `mount --bind ${root.path} ${root.path} && mount -t tmpfs tmpfs ${root.path}/tmp && ` +
    `mount -t proc proc ${root.path}/proc && mount -o remount,ro,bind ${root.path} && ` +
    `exec env -i HOME=/home /usr/sbin/chroot ${root.path} /fairlead version`;
  const { stdout, stderr } = await run("unshare", ["-m", "sh", "-c", script]);
  assert.match(stdout, VERSION, stderr);
});

test("without /proc it says so, and that alone", async () => {
  await using root = await bareRoot(binary, { shell: "busybox" });
  await run("umount", [`${root.path}/proc`]);
  const { code, stderr } = await root.fairlead(["version"]);
  await run("mount", ["-t", "proc", "proc", `${root.path}/proc`]);
  assert.equal(
    stderr,
    "fairlead: /proc is not mounted, and Deno needs it: mount -t proc proc /proc\n",
  );
  assert.equal(code, 1);
});

test("another machine's libc is left alone", async () => {
  await using root = await bareRoot(binary, { shell: "busybox" });
  for (const folder of ["lib", "lib64", "usr/lib", `lib/${Deno.build.arch}-linux-gnu`]) {
    await Deno.mkdir(`${root.path}/${folder}`, { recursive: true });
    for (
      const name of ["libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libgcc_s.so.1"]
    ) {
      await Deno.writeTextFile(`${root.path}/${folder}/${name}`, "of another machine", {
        mode: 0o755,
      });
    }
  }
  const { stdout, stderr } = await root.fairlead(["version"]);
  assert.match(stdout, VERSION, stderr);
});

test("a root with dash, tail and head, but no dd", async () => {
  const programs = ["mkdir", "chmod", "ls", "tail", "head", "rm", "sleep"];
  await using root = await bareRoot(binary, { shell: "dash", programs });
  const { stdout, stderr } = await root.fairlead(["version"]);
  assert.match(stdout, VERSION, stderr);
});

test("a root with dash alone can't unpack, but runs what was unpacked before", async () => {
  await using root = await bareRoot(binary, { shell: "dash" });
  const alone = await root.fairlead(["version"]);
  assert.match(alone.stderr, /to unpack takes mkdir, and there is none\n/);
  assert.equal(alone.code, 1);
  const programs = ["mkdir", "chmod", "ls", "dd", "rm"];
  for (const name of programs) await Deno.symlink("/opt/busybox", `${root.path}/bin/${name}`);
  await root.fairlead(["version"]);
  for (const name of programs) await Deno.remove(`${root.path}/bin/${name}`);
  await Deno.remove(`${root.path}/opt/busybox`);
  const { stdout, stderr } = await root.fairlead(["version"]);
  assert.match(stdout, VERSION, stderr);
});
