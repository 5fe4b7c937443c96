/**
 * The first start of a self-extracting binary: the states that it finds, and the files that it
 * leaves.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { checkFigure } from "../../scripts/release/figures.ts";
import { check, run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { entries, selfExtracting, tempFolder, VERSION } from "./binary.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, made, binary, fairlead } = await selfExtracting();
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `self-extracting: ${name}`, ignore }, fn);

test("the first start unpacks the program, and the next ones run it", async () => {
  await using home = await tempFolder();
  const first = await fairlead({ HOME: home.path }, "version");
  assert.match(first.stdout, VERSION, first.stderr);
  assert.equal(first.stderr, "");
  const [folder, ...others] = home.names("/.cache/fairlead");
  assert.deepEqual(others, []);
  for (const name of ["/.cache", "/.cache/fairlead"]) {
    assert.equal((await Deno.stat(home.path + name)).mode! & 0o777, 0o700, `${name} is its user's`);
  }
  const place = `${home.path}/.cache/fairlead/${folder}`;
  const { ino } = await Deno.stat(`${place}/deno`);
  // Deno has compiled what most commands load, and kept it.
  const cache = [...Deno.readDirSync(`${place}/cache`)].map(({ name }) => name);
  const file = cache.find((name) => /^v8_code_cache_v\d+$/.test(name));
  const database = new DatabaseSync(`${place}/cache/${file}`, { readOnly: true });
  const compiled = database.prepare("select specifier from codecache").all()
    .map(({ specifier }) => String(specifier));
  database.close();
  for (const name of ["main", "core", "client", "progress", "builds", "build", "bake"]) {
    assert.ok(compiled.some((path) => path.endsWith(`/dist/${name}.js`)), name);
  }
  // No file is left that each start would have to read.
  for (const name of cache.filter((name) => name.endsWith("-wal"))) {
    assert.equal((await Deno.stat(`${place}/cache/${name}`)).size, 0, name);
  }
  assert.match((await fairlead({ HOME: home.path }, "version")).stdout, VERSION);
  assert.equal((await Deno.stat(`${place}/deno`)).ino, ino);
  const wrong = await fairlead({ HOME: home.path }, "ls", "--nope");
  assert.match(wrong.stderr, /unknown flag: --nope/);
  assert.notEqual(wrong.code, 0);
});

test("ten first starts at once all run the program", async () => {
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

test("an older version is removed when none of its processes runs", async () => {
  await using cache = await tempFolder();
  const [idle, busy, newer] = ["v0.0.1", "v0.0.2", "v999.0.0"]
    .map((name) => `${name}-0123456789ab`) as [string, string, string];
  for (const name of [idle, busy, newer]) {
    await Deno.mkdir(`${cache.path}/${name}/dist`, { recursive: true });
  }
  await Deno.copyFile("/usr/bin/sleep", `${cache.path}/${busy}/deno`);
  const process = new Deno.Command(`${cache.path}/${busy}/deno`, { args: ["60"] }).spawn();
  await Deno.mkdir(`${cache.path}/.unpacking-v0.0.1-0123456789ab`);
  await Deno.utime(`${cache.path}/.unpacking-v0.0.1-0123456789ab`, 0, 0);
  try {
    const { stdout, stderr } = await fairlead({ FAIRLEAD_CACHE: cache.path }, "version");
    assert.match(stdout, VERSION, stderr);
  } finally {
    process.kill("SIGKILL");
    await process.status;
  }
  const names = cache.names();
  assert.equal(names.length, 3);
  assert.ok(names.includes(busy) && names.includes(newer));
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
  // A waiting program calls sleep. This sleep records the call and returns, and then no other
  // program unpacks.
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

test("the program's output obeys the user's umask, and unpacked files are readable by all", async () => {
  await using folder = await tempFolder();
  const certs = `umask 077; exec "$0" certs create ${folder.path}/certs --host a`;
  await succeeds(run("sh", ["-c", certs, binary], {
    env: { FAIRLEAD_CACHE: `${folder.path}/cache` },
  }));
  const mode = async (path: string) => (await Deno.stat(folder.path + path)).mode! & 0o777;
  assert.equal(await mode("/certs/client"), 0o700);
  assert.equal(await mode(`/cache/${folder.names("/cache")[0]}`), 0o755);
});

test("a read-only or full home is replaced by TMPDIR", async () => {
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

test("without any usable folder each one is named with its reason, and nothing stays", async () => {
  await using home = await tempFolder({ readOnly: true });
  await using temp = await tempFolder({ size: "30m" });
  const { stdout, stderr } = await fails(fairlead(
    { HOME: home.path, TMPDIR: temp.path },
    "version",
  ));
  assert.equal(stdout, "");
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines[0], "fairlead: cannot unpack itself:", stderr);
  assert.match(lines[1]!, /^ {2}\S+\/\.cache\/fairlead: .*Read-only file system$/);
  assert.match(lines[2]!, /^ {2}\S+\/fairlead-0: .*No space left on device$/);
  assert.match(lines[3]!, /^hint: set FAIRLEAD_CACHE /);
  assert.equal(lines.length, 4);
  assert.deepEqual(temp.names("/fairlead-0"), []);
});

test("a binary for another machine is reported as such", async () => {
  await using folder = await tempFolder({ size: "30m" });
  // A machine that calls itself another: it fails for want of room, as theirs for the Deno in it.
  await Deno.writeTextFile(`${folder.path}/uname`, "#!/bin/sh\necho Plan9 mips\n", { mode: 0o755 });
  const env = { FAIRLEAD_CACHE: folder.path, PATH: `${folder.path}:/usr/bin:/bin` };
  const { code, stderr } = await fairlead(env, "version");
  assert.match(stderr, /\nhint: this machine is Plan9 mips: get the file for that\n$/);
  assert.equal(code, 1);
});

test("a disk mounted noexec and a folder that is gone are reported as such", async () => {
  await using cache = await tempFolder({ size: "120m", noExec: true });
  const refused = await fairlead({ FAIRLEAD_CACHE: cache.path }, "version");
  assert.match(refused.stderr, /Permission denied.*\nhint: .* isn't mounted noexec,/s);
  assert.deepEqual(cache.names(), []);
  const script = `cd "$(mktemp -d)" && rmdir "$PWD" && "$0" version`;
  const gone = await run("sh", ["-c", script, binary], { env: { FAIRLEAD_CACHE: made.path } });
  assert.match(gone.stderr, /^fairlead: the current folder has been removed: go to another one$/m);
  assert.doesNotMatch(gone.stderr, /backtrace/);
  assert.equal(gone.code, 1);
});

test("damaged files are unpacked again", async () => {
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

test("a binary that came only in part says how long it should be", async () => {
  await using folder = await tempFolder();
  const { size } = await Deno.stat(binary);
  for (const length of [3_000_000, 300_000]) {
    const part = `${folder.path}/fairlead`;
    await Deno.copyFile(binary, part);
    await Deno.truncate(part, length);
    const cache = `${folder.path}/cache`;
    const { stderr } = await fails(run(part, ["version"], { env: { FAIRLEAD_CACHE: cache } }));
    assert.match(stderr, new RegExp(`\\(this file is for Linux \\w+, and of ${size} bytes\\)`));
    assert.match(stderr, /^hint: download the file again$/m);
    assert.deepEqual([...Deno.readDirSync(cache)], []);
  }
  // The shell must not run the beginning of the head.
  for (const length of [12, 200, 3000, 8000]) {
    const part = `${folder.path}/fairlead`;
    await Deno.copyFile(binary, part);
    await Deno.truncate(part, length);
    for (const shell of [["sh"], [await need("busybox"), "sh"], ["bash", "--posix"]]) {
      const { code, stderr } = await run(shell[0]!, [...shell.slice(1), part, "version"]);
      assert.equal(code, 2, `${shell} ${length}: ${stderr}`);
      assert.match(stderr, /fairlead: .*(?:syntax error|end of file|unexpected EOF)/i);
    }
  }
});

test("LD_LIBRARY_PATH does not affect the program, and its children get the user's variables", async () => {
  await using folder = await tempFolder();
  const nerdctl = `${folder.path}/nerdctl`;
  const variables = '"$LD_LIBRARY_PATH:$LD_PRELOAD:$DENO_DIR."';
  const script = `#!/bin/busybox sh\necho ${variables} >"${folder.path}/told"\n`;
  await Deno.writeTextFile(nerdctl, script.replace("/bin/busybox", await need("busybox")), {
    mode: 0o755,
  });
  await Deno.writeTextFile(`${folder.path}/libc.so.6`, "no library");
  const env = {
    FAIRLEAD_CACHE: `${folder.path}/cache`,
    BUILDKIT_HOST: "nerdctl-container://x",
    PATH: folder.path,
    LD_PRELOAD: `${folder.path}/absent.so`,
  };
  // The system's programs would not start, so a static shell runs the file.
  const shell = [await need("busybox"), "sh", binary];
  for (const [start, DENO_DIR] of [["first", ""], ["second", "/some/where"]] as const) {
    const given = entries({ ...env, LD_LIBRARY_PATH: folder.path, ...DENO_DIR && { DENO_DIR } });
    const { stderr } = await run("env", ["-i", ...given, ...shell, "inspect"]);
    assert.doesNotMatch(stderr, /absent\.so|invalid ELF/, start);
    const told = `${folder.path}:${folder.path}/absent.so:${DENO_DIR}.\n`;
    assert.equal(await Deno.readTextFile(`${folder.path}/told`), told);
    await Deno.remove(`${folder.path}/told`);
  }
});

test("a folder that was moved is not run, because its loader is elsewhere", async () => {
  await using folder = await tempFolder();
  await fairlead({ FAIRLEAD_CACHE: `${folder.path}/a` }, "version");
  await Deno.rename(`${folder.path}/a`, `${folder.path}/b`);
  const { stdout, stderr } = await fairlead({ FAIRLEAD_CACHE: `${folder.path}/b` }, "version");
  assert.match(stdout, VERSION, stderr);
  // A second name of the same folder is fine.
  await Deno.symlink("b", `${folder.path}/c`);
  const linked = await fairlead({ FAIRLEAD_CACHE: `${folder.path}/c` }, "version");
  assert.match(linked.stdout, VERSION, linked.stderr);
  assert.equal(folder.names("/b").length, 1);
});

test("one bit changed in any part: the file is named, and nothing stays", async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/fairlead`;
  const { size } = await Deno.stat(binary);
  const head = await Deno.readTextFile(binary).then((text) => text.slice(0, 30_000));
  const comment = head.indexOf("# Makes the folder");
  // A comment in the head, the unpacker, the program, the libraries, and Deno.
  for (const at of [comment + 4, 70_000, 200_000, size - 96_000_000, size - 50_000_000, size - 5]) {
    await Deno.copyFile(binary, file);
    {
      using open = await Deno.open(file, { read: true, write: true });
      const byte = new Uint8Array(1);
      await open.seek(at, Deno.SeekMode.Start);
      await open.read(byte);
      byte[0]! ^= 1;
      await open.seek(at, Deno.SeekMode.Start);
      await open.write(byte);
    }
    const cache = `${folder.path}/cache`;
    const { code, stdout, stderr } = await run(file, ["version"], {
      env: { FAIRLEAD_CACHE: cache },
    });
    assert.equal(code, 1, `${at}: ${stdout}${stderr}`);
    assert.match(
      stderr,
      /fairlead is damaged \(.*\)\nhint: download the file again|damaged, download it again/,
      `${at}`,
    );
    assert.deepEqual([...Deno.readDirSync(cache)], [], `${at}`);
  }
});

test("install --self leaves the launcher alone, which runs what was unpacked", async () => {
  await using folder = await tempFolder();
  const copy = `${folder.path}/fairlead`;
  await Deno.copyFile(binary, copy);
  await Deno.symlink("fairlead", `${folder.path}/link`);
  const byUser = (...args: string[]) =>
    run("setpriv", ["--reuid=65534", "--clear-groups", ...args]);
  const env = ["-i", "PATH=/usr/bin:/bin", `FAIRLEAD_CACHE=${folder.path}/cache`];
  const install = [...env, `${folder.path}/link`, "install", "--self"];
  // Root's own cache would serve nobody else.
  const rootOnly = await run("env", ["-i", `HOME=${folder.path}/home`, copy, "install", "--self"]);
  assert.match(rootOnly.stderr, /^ERROR: the unpacked files belong to root/m);
  assert.match(rootOnly.stderr, /^hint: set FAIRLEAD_CACHE/m);
  await Deno.chmod(folder.path, 0o755);
  const { mode } = await Deno.stat(copy);
  await run(copy, ["version"], { env: { FAIRLEAD_CACHE: `${folder.path}/cache` } });
  const refused = await byUser("env", ...install);
  assert.match(refused.stderr, /^ERROR: cannot replace .*: permission denied$/m);
  assert.match(refused.stderr, /^hint: run the command as the user who owns/m);
  assert.ok((await Deno.stat(copy)).size > 1 << 20);

  for (const change of [/64 KiB instead of \d{5,} KiB/, /: 64 KiB;/]) {
    const { stdout } = await succeeds(run("env", install));
    assert.match(stdout, change);
  }
  const now = await Deno.stat(copy);
  assert.deepEqual([now.size, now.mode], [65_536, mode]);
  await figures([copy, `${folder.path}/cache`]);
  assert.equal(await Deno.readLink(`${folder.path}/link`), "fairlead");
  assert.deepEqual(folder.names(), ["cache", "fairlead", "home", "link"]);
  assert.match((await byUser("env", ...env, copy, "version")).stdout, VERSION);
  await Deno.remove(`${folder.path}/cache`, { recursive: true });
  const alone = await run("env", [...env, copy, "version"]);
  assert.match(alone.stderr, /this is the launcher alone.*install fairlead again/);
});

/** Compares the manual's figures with the launcher and the folder that was unpacked. */
async function figures(paths: readonly string[]): Promise<void> {
  const { stdout } = await check("du", ["-sc", "--block-size=1", ...paths]);
  const size = Number(/^(\d+)\ttotal$/m.exec(stdout)![1]);
  assert.ok(size <= 115_000_000, `${size} bytes after the first start`);
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") return;
  const page = await Deno.readTextFile(new URL("../../docs/install.md", import.meta.url));
  const whole = (await Deno.stat(binary)).size;
  checkFigure(page, "launcher", size);
  checkFigure(page, "file", whole);
  checkFigure(page, "both", size + whole);
}

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
