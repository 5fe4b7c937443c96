/** The self-extracting binary on a machine with other users: the folders that it may use. */
import assert from "node:assert/strict";
import { check, run } from "../harness/run.ts";
import { type Env, selfExtracting, tempFolder, VERSION } from "./binary.ts";
import { fails } from "../harness/ended.ts";

const { ignore, made, binary, fairlead } = await selfExtracting();
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `self-extracting: ${name}`, ignore }, fn);
const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];

test("a folder that another user can change is not used, in any form", async () => {
  const forms: [name: string, make: (top: string) => Promise<Env | void>, says: RegExp][] = [
    ["the folder is another's", async (top) => {
      await Deno.mkdir(`${top}/c`);
      await Deno.chown(`${top}/c`, 1234, 1234);
    }, /\/c belongs to another user \(1234\)\n/],
    ["a folder above it is another's", async (top) => {
      await Deno.mkdir(`${top}/other/c`, { recursive: true });
      await Deno.chown(`${top}/other`, 1234, 1234);
      return { FAIRLEAD_CACHE: `${top}/other/c` };
    }, /\/other belongs to another user \(1234\)\n/],
    ["anybody may write to it", async (top) => {
      await Deno.mkdir(`${top}/c`);
      await Deno.chmod(`${top}/c`, 0o777);
    }, /other users can write to \S+\/c \(drwxrwxrwx\)\n/],
    ["anybody may write to it, though it is sticky", async (top) => {
      await Deno.mkdir(`${top}/c`);
      await Deno.chmod(`${top}/c`, 0o1777);
    }, /other users can write to \S+\/c \(drwxrwxrwt\)\n/],
    ["its group may write to it", async (top) => {
      await Deno.mkdir(`${top}/c`);
      await Deno.chmod(`${top}/c`, 0o775);
    }, /other users can write to \S+\/c /],
    ["anybody may write above it", async (top) => {
      await Deno.mkdir(`${top}/wide/c`, { recursive: true });
      await Deno.chmod(`${top}/wide`, 0o777);
      return { FAIRLEAD_CACHE: `${top}/wide/c` };
    }, /other users can write to \S+\/wide \(/],
    ["a link leads into another's folder", async (top) => {
      await Deno.mkdir(`${top}/other/c`, { recursive: true });
      await Deno.chown(`${top}/other`, 1234, 1234);
      await Deno.symlink(`${top}/other/c`, `${top}/c`);
    }, /\/other belongs to another user \(1234\)\n/],
    ["it is a file", async (top) => {
      await Deno.writeTextFile(`${top}/c`, "");
    }, /\/c: mkdir: .*File exists\n/],
    ["the path is relative", () => Promise.resolve({ FAIRLEAD_CACHE: "c" }), /absolute path\n/],
    ["HOME is another's", async (top) => {
      await Deno.mkdir(`${top}/home`);
      await Deno.chown(`${top}/home`, 1234, 1234);
      return { FAIRLEAD_CACHE: "", HOME: `${top}/home`, TMPDIR: `${top}/home` };
    }, /\/home\/\.cache\/fairlead: \S+\/home belongs to another user \(1234\)\n/],
    ["XDG_CACHE_HOME is another's", async (top) => {
      await Deno.mkdir(`${top}/xdg`);
      await Deno.chown(`${top}/xdg`, 1234, 1234);
      return { FAIRLEAD_CACHE: "", XDG_CACHE_HOME: `${top}/xdg`, TMPDIR: `${top}/xdg` };
    }, /\/xdg\/fairlead: \S+\/xdg belongs to another user \(1234\)\n/],
    ["TMPDIR holds another's folder of our name", async (top) => {
      await Deno.mkdir(`${top}/fairlead-0`);
      await Deno.chown(`${top}/fairlead-0`, 1234, 1234);
      return { FAIRLEAD_CACHE: "", TMPDIR: top };
    }, /\/fairlead-0 belongs to another user \(1234\)\n/],
    ["TMPDIR holds another's link of our name", async (top) => {
      await Deno.mkdir(`${top}/other`);
      await Deno.chown(`${top}/other`, 1234, 1234);
      await Deno.symlink("other", `${top}/fairlead-0`);
      return { FAIRLEAD_CACHE: "", TMPDIR: top };
    }, /\/fairlead-0: it is a link\n/],
  ];
  for (const [name, make, says] of forms) {
    await using folder = await tempFolder();
    const given = await make(folder.path) ?? {};
    const env = { FAIRLEAD_CACHE: `${folder.path}/c`, ...given };
    const { code, stdout, stderr } = await fairlead(env, "version");
    assert.match(stderr, says, name);
    assert.match(
      stderr,
      /\nhint: set FAIRLEAD_CACHE to a folder of yours,.* in which no other user can write\n$/,
      name,
    );
    assert.equal(stdout, "", name);
    assert.equal(code, 1, name);
    const files = await check("find", [folder.path, "-name", "deno"]);
    assert.equal(files.stdout, "", `${name}: nothing is unpacked`);
  }
});

test("a file that another user put in the program's place is not run", async () => {
  await using folder = await tempFolder();
  const env = { FAIRLEAD_CACHE: `${folder.path}/c` };
  await fairlead(env, "version");
  const name = folder.names("/c")[0]!;
  const place = `${folder.path}/c/${name}`;
  const plant = async (uid: number) => {
    await Deno.remove(place, { recursive: true }).catch(() => {});
    await run("cp", ["-a", "--no-preserve=ownership", `${made.path}/unpacked/${name}`, place]);
    await Deno.writeTextFile(`${place}/deno`, `#!/bin/sh\necho planted >>${folder.path}/ran\n`);
    await Deno.writeTextFile(`${place}/complete`, `${place}\n`);
    await run("chown", ["-R", `${uid}`, place]);
  };
  // The state when any user could still write here: the folder is another user's, and looks
  // complete.
  await fairlead({ FAIRLEAD_CACHE: `${made.path}/unpacked` }, "version");
  await plant(1234);
  const { stdout, stderr } = await fairlead(env, "version");
  assert.match(stdout, VERSION, stderr);
  assert.equal((await Deno.stat(place)).uid, 0);
  await plant(1234);
  await Deno.chmod(`${folder.path}/c`, 0o777);
  const refused = await fails(fairlead(env, "version"));
  assert.match(refused.stderr, /other users can write to \S+\/c \(/);
  // Another user's start uses root's folder, and that of no other user.
  await Deno.chmod(`${folder.path}/c`, 0o755);
  for (const path of [folder.path, made.path]) await Deno.chmod(path, 0o755);
  const byNobody = await fails(run("setpriv", [...nobody, binary, "version"], { env }));
  assert.match(byNobody.stderr, /belongs to another user \(1234\)|Permission denied/);
  assert.throws(() => Deno.statSync(`${folder.path}/ran`), Deno.errors.NotFound);
});

test("the folder serves users who can't write to it", async () => {
  await using cache = await tempFolder();
  const env = { FAIRLEAD_CACHE: cache.path };
  await fairlead(env, "version");
  for (const path of [cache.path, made.path]) await Deno.chmod(path, 0o755);
  const { stdout, stderr } = await run("setpriv", [...nobody, binary, "version"], { env });
  assert.match(stdout, VERSION, stderr);
  assert.equal(stderr, "");
});
