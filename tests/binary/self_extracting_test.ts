/** What the first start of a self-extracting binary meets, and how it leaves things. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { bareRoot, compileInto, tempFolder } from "./binary.ts";

const ignore = Deno.build.os !== "linux" || skip(needsRoot() ?? await missing("busybox"));
const made = await tempFolder();
const binary = ignore ? "" : await compileInto(made.path);
const VERSION = /^fairlead v\d+\.\d+\.\d+ [0-9a-f]{40}\n$/;

type Env = Record<string, string>;
/** Runs it in an environment that holds nothing but `env` and a PATH. */
const fairlead = (env: Env, ...args: string[]) =>
  run("env", ["-i", "PATH=/usr/bin:/bin", ...entries(env), binary, ...args]);
const entries = (env: Env) => Object.entries(env).map(([name, value]) => `${name}=${value}`);

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `self-extracting: ${name}`, ignore, fn });

test("the first start unpacks, the next ones run what is there", async () => {
  await using home = await tempFolder();
  const first = await fairlead({ HOME: home.path }, "version");
  assert.match(first.stdout, VERSION, first.stderr);
  assert.equal(first.stderr, "");
  const [folder, ...others] = home.names("/.cache/fairlead");
  assert.deepEqual(others, []);
  const place = `${home.path}/.cache/fairlead/${folder}`;
  const { ino } = await Deno.stat(`${place}/deno`);
  // Deno has compiled everything, and kept it.
  const cache = [...Deno.readDirSync(`${place}/cache`)].map(({ name }) => name);
  assert.ok(cache.some((name) => name.startsWith("v8_code_cache")), cache.join());
  // Nothing is left over that each start would have to read.
  for (const name of cache.filter((name) => name.endsWith("-wal"))) {
    assert.equal((await Deno.stat(`${place}/cache/${name}`)).size, 0, name);
  }
  assert.match((await fairlead({ HOME: home.path }, "version")).stdout, VERSION);
  assert.equal((await Deno.stat(`${place}/deno`)).ino, ino);
  const wrong = await fairlead({ HOME: home.path }, "ls", "--nope");
  assert.match(wrong.stderr, /unknown flag: --nope/);
  assert.notEqual(wrong.code, 0);
});

test("ten first starts at once", async () => {
  await using cache = await tempFolder();
  const starts = Array.from(
    { length: 10 },
    () => fairlead({ FAIRLEAD_CACHE: cache.path }, "version"),
  );
  for (const { code, stdout, stderr } of await Promise.all(starts)) {
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.match(stdout, VERSION);
  }
  assert.equal(cache.names().length, 1);
});

test("an old version and what a killed start left stay out of the way", async () => {
  await using cache = await tempFolder();
  await Deno.mkdir(`${cache.path}/v0.0.1-0123456789ab/dist`, { recursive: true });
  await Deno.mkdir(`${cache.path}/.unpacking-v0.0.1-0123456789ab`);
  await Deno.utime(`${cache.path}/.unpacking-v0.0.1-0123456789ab`, 0, 0);
  const { stdout, stderr } = await fairlead({ FAIRLEAD_CACHE: cache.path }, "version");
  assert.match(stdout, VERSION, stderr);
  const names = cache.names();
  assert.equal(names.length, 2);
  assert.ok(names.includes("v0.0.1-0123456789ab"));
});

test("nobody waits for a start that was killed while it unpacked", async () => {
  await using cache = await tempFolder();
  const env = { FAIRLEAD_CACHE: cache.path };
  await fairlead(env, "version");
  const name = cache.names()[0]!;
  await Deno.remove(`${cache.path}/${name}`, { recursive: true });

  const ended = new Deno.Command("true").spawn();
  await ended.status;
  await Deno.mkdir(`${cache.path}/.unpacking-${name}`);
  await Deno.writeTextFile(`${cache.path}/.unpacking-${name}/pid`, `${ended.pid}\n`);
  // Who waits calls sleep; this one writes that down, and then there is nothing to wait for.
  await using bin = await tempFolder();
  await Deno.writeTextFile(`${bin.path}/sleep`, `#!/bin/sh\necho >>${bin.path}/slept\n`, {
    mode: 0o755,
  });
  const { stdout, stderr } = await fairlead(
    { ...env, PATH: `${bin.path}:/usr/bin:/bin` },
    "version",
  );
  assert.match(stdout, VERSION, stderr);
  assert.deepEqual(bin.names(), ["sleep"]);
  assert.deepEqual(cache.names(), [name]);
});

test("what the first start writes goes by the user's umask, what it unpacks is for all", async () => {
  await using folder = await tempFolder();
  const certs = `umask 077; exec "$0" certs create ${folder.path}/certs --host a`;
  const { code, stderr } = await run("sh", ["-c", certs, binary], {
    env: { FAIRLEAD_CACHE: `${folder.path}/cache` },
  });
  assert.equal(code, 0, stderr);
  const mode = async (path: string) => (await Deno.stat(folder.path + path)).mode! & 0o777;
  assert.equal(await mode("/certs/client"), 0o700);
  assert.equal(await mode(`/cache/${folder.names("/cache")[0]}`), 0o755);
});

test("a home that is read-only, or full, leads to TMPDIR", async () => {
  for (const disk of [{ readOnly: true }, { size: "30m" }]) {
    await using home = await tempFolder(disk);
    await using temp = await tempFolder();
    const env = { HOME: home.path, TMPDIR: temp.path };
    for (let start = 0; start < 2; start++) {
      const { stdout, stderr } = await fairlead(env, "version");
      assert.match(stdout, VERSION, stderr);
      assert.equal(stderr, "");
    }
    assert.deepEqual(temp.names(), ["fairlead-0"]);
    const left = disk.readOnly ? [] : home.names("/.cache/fairlead");
    assert.deepEqual(left, []);
  }
});

test("no place at all: each is named with its reason, and nothing stays", async () => {
  await using home = await tempFolder({ readOnly: true });
  await using temp = await tempFolder({ size: "30m" });
  const { code, stdout, stderr } = await fairlead(
    { HOME: home.path, TMPDIR: temp.path },
    "version",
  );
  assert.equal(code, 1);
  assert.equal(stdout, "");
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines[0], "fairlead: cannot unpack itself:");
  assert.match(lines[1]!, /^ {2}\S+\/\.cache\/fairlead: .*Read-only file system$/);
  assert.match(lines[2]!, /^ {2}\S+\/fairlead-0: .*No space left on device$/);
  assert.match(lines[3]!, /^hint: set FAIRLEAD_CACHE /);
  assert.equal(lines.length, 4);
  assert.deepEqual(temp.names("/fairlead-0"), []);
});

test("a file for another machine is told as that", async () => {
  await using folder = await tempFolder({ size: "30m" });
  // A machine that calls itself another: it fails for want of room, as theirs for the Deno in it.
  await Deno.writeTextFile(`${folder.path}/uname`, "#!/bin/sh\necho Plan9 mips\n", { mode: 0o755 });
  const env = { FAIRLEAD_CACHE: folder.path, PATH: `${folder.path}:/usr/bin:/bin` };
  const { code, stderr } = await fairlead(env, "version");
  assert.match(stderr, /\nhint: this machine is Plan9 mips: get the file for that\n$/);
  assert.equal(code, 1);
});

test("a disk that may hold no programs, and a folder that is gone, are told as that", async () => {
  await using cache = await tempFolder({ size: "120m", noExec: true });
  const refused = await fairlead({ FAIRLEAD_CACHE: cache.path }, "version");
  assert.match(refused.stderr, /Permission denied.*\nhint: .* isn't mounted noexec\n$/s);
  assert.deepEqual(cache.names(), []);
  const script = `cd "$(mktemp -d)" && rmdir "$PWD" && "$0" version`;
  const gone = await run("sh", ["-c", script, binary], { env: { FAIRLEAD_CACHE: made.path } });
  assert.match(gone.stderr, /^fairlead: the current folder has been removed: go to another one$/m);
  assert.doesNotMatch(gone.stderr, /backtrace/);
  assert.equal(gone.code, 1);
});

test("what was damaged is unpacked anew", async () => {
  await using cache = await tempFolder();
  const env = { FAIRLEAD_CACHE: cache.path };
  await fairlead(env, "version");
  const place = `${cache.path}/${cache.names()[0]}`;
  const damages: [string, () => Promise<void>][] = [
    ["a truncated Deno", () => Deno.truncate(`${place}/deno`, 1_000_000)],
    ["no Deno", () => Deno.remove(`${place}/deno`)],
    ["an empty program", () => Deno.truncate(`${place}/dist/main.js`)],
    ["a file less", () => Deno.remove(`${place}/dist/client.js`)],
    ["no mark", () => Deno.remove(`${place}/complete`)],
    ["nothing", () => Deno.remove(`${place}/dist`, { recursive: true })],
  ];
  for (const [what, damage] of damages) {
    // Shells compare times by the second.
    await Deno.utime(`${place}/complete`, 1, 1).catch(() => {});
    for (const part of ["deno", "dist", "dist/main.js", "dist/core.js"]) {
      await Deno.utime(`${place}/${part}`, 1, 1);
    }
    await damage();
    const { stdout, stderr } = await fairlead(env, "version");
    assert.match(stdout, VERSION, `${what}: ${stderr}`);
    assert.equal(stderr, "", what);
    assert.equal(cache.names().length, 1, what);
  }
});

test("a binary that was damaged says so, and unpacks nothing", async () => {
  await using folder = await tempFolder();
  const damaged = `${folder.path}/fairlead`;
  await Deno.copyFile(binary, damaged);
  {
    using file = await Deno.open(damaged, { write: true });
    // In the program's part.
    await file.seek(200_000, Deno.SeekMode.Start);
    await file.write(new TextEncoder().encode("damage"));
  }
  const cache = `${folder.path}/cache`;
  const { code, stderr } = await run(damaged, ["version"], { env: { FAIRLEAD_CACHE: cache } });
  assert.equal(code, 1);
  assert.match(stderr, /fairlead is damaged \(its checksum is wrong\): get it anew/);
  assert.deepEqual([...Deno.readDirSync(cache)], []);
});

test("a binary that came only in part says how long it should be", async () => {
  await using folder = await tempFolder();
  const { size } = await Deno.stat(binary);
  for (const length of [3_000_000, 300_000]) {
    const part = `${folder.path}/fairlead`;
    await Deno.copyFile(binary, part);
    await Deno.truncate(part, length);
    const cache = `${folder.path}/cache`;
    const { code, stderr } = await run(part, ["version"], { env: { FAIRLEAD_CACHE: cache } });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`\\(this file is for Linux \\w+, and of ${size} bytes\\)`));
    assert.deepEqual([...Deno.readDirSync(cache)], []);
  }
});

test("a folder in TMPDIR that belongs to somebody else is not used", async () => {
  await using temp = await tempFolder();
  await Deno.mkdir(`${temp.path}/fairlead-0`);
  await Deno.chown(`${temp.path}/fairlead-0`, 65534, 65534);
  const { code, stderr } = await fairlead({ TMPDIR: temp.path }, "version");
  assert.equal(code, 1);
  assert.match(stderr, /fairlead-0: it belongs to somebody else\n/);
  assert.deepEqual(temp.names("/fairlead-0"), []);
});

test("the folder serves users who can't write to it", async () => {
  await using cache = await tempFolder();
  const env = { FAIRLEAD_CACHE: cache.path };
  await fairlead(env, "version");
  for (const path of [cache.path, made.path]) await Deno.chmod(path, 0o755);
  const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
  const { stdout, stderr } = await run("setpriv", [...nobody, binary, "version"], { env });
  assert.match(stdout, VERSION, stderr);
  assert.equal(stderr, "");
});

test("its children get the user's DENO_DIR", async () => {
  await using folder = await tempFolder();
  const nerdctl = `${folder.path}/nerdctl`;
  await Deno.writeTextFile(nerdctl, `#!/bin/sh\necho "$DENO_DIR." >"${folder.path}/told"\n`);
  await Deno.chmod(nerdctl, 0o755);
  for (const dir of [undefined, "/some/where"]) {
    const env = {
      FAIRLEAD_CACHE: `${folder.path}/cache`,
      BUILDKIT_HOST: "nerdctl-container://x",
      PATH: `${folder.path}:/usr/bin:/bin`,
      ...dir !== undefined && { DENO_DIR: dir },
    };
    await run("env", ["-i", ...entries(env), binary, "inspect"]);
    assert.equal(await Deno.readTextFile(`${folder.path}/told`), `${dir ?? ""}.\n`);
  }
});

test("it knows its own path and the name that it was called by", async () => {
  await using folder = await tempFolder();
  const env = [`FAIRLEAD_CACHE=${folder.path}/cache`, `DOCKER_CONFIG=${folder.path}/docker`];
  const link = `${folder.path}/buildx`;
  await Deno.symlink(binary, link);
  const installed = await run("env", ["-i", ...env, binary, "install"]);
  assert.ok(installed.stdout.endsWith(` -> ${binary}\n`), installed.stdout + installed.stderr);
  const { stdout } = await run("env", ["-i", ...env, link, "version"]);
  assert.match(stdout, /^fairlead\/buildx v\S+ fairlead v/);
});

test("a root with libc and a shell that is busybox", async () => {
  await using root = await bareRoot(binary, { shell: "busybox" });
  for (let start = 0; start < 2; start++) {
    const { stdout, stderr } = await root.fairlead(["version"]);
    assert.match(stdout, VERSION, stderr);
    assert.equal(stderr, "");
  }
  assert.match((await root.fairlead(["--help"])).stdout, /^ {2}build +Start a build$/m);
});

test("a root with dash, tail and head, but no dd", async () => {
  const programs = ["mkdir", "chmod", "tail", "head", "rm", "sleep"];
  await using root = await bareRoot(binary, { shell: "dash", programs });
  const { stdout, stderr } = await root.fairlead(["version"]);
  assert.match(stdout, VERSION, stderr);
});

test("a root with dash alone can't unpack, but runs what was unpacked before", async () => {
  await using root = await bareRoot(binary, { shell: "dash" });
  const alone = await root.fairlead(["version"]);
  assert.match(alone.stderr, /to unpack takes mkdir, and there is none\n/);
  assert.equal(alone.code, 1);
  const programs = ["mkdir", "chmod", "dd", "rm"];
  for (const name of programs) await Deno.symlink("/opt/busybox", `${root.path}/bin/${name}`);
  await root.fairlead(["version"]);
  for (const name of programs) await Deno.remove(`${root.path}/bin/${name}`);
  await Deno.remove(`${root.path}/opt/busybox`);
  const { stdout, stderr } = await root.fairlead(["version"]);
  assert.match(stdout, VERSION, stderr);
});

globalThis.addEventListener("unload", () => {
  Deno.removeSync(made.path, { recursive: true });
});
