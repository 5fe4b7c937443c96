import assert from "node:assert/strict";
import { removedLater } from "../../tests/harness/remove_folder.ts";
import { makeTree } from "../../tests/harness/tree.ts";
import { Errno, type Sys } from "./os/sys.ts";
import { FsyncError, text } from "./errors.ts";
import { makeFilter } from "./patterns/filter.ts";
import { openSys } from "./os/open_sys.ts";
import { startWalk } from "./walk.ts";
import type { Warning } from "./stream.ts";

interface Walked {
  /** Path, octal mode, and ` -> ` or ` => ` with the link's target. */
  lines: string[];
  warnings: Warning[];
}

async function walk(root: string, excludes: string[] = [], sys?: Sys): Promise<Walked> {
  using own = sys ?? openSys();
  const found: Walked = { lines: [], warnings: [] };
  const walk = startWalk({
    sys: own,
    root,
    filter: await makeFilter({ includes: [], excludes }),
    emit(stat) {
      const arrow = stat.mode & 0x08000000 ? " -> " : " => ";
      const link = stat.linkname.length > 0 ? arrow + text(stat.linkname) : "";
      found.lines.push(`${text(stat.path)} ${(stat.mode >>> 0).toString(16)}${link}`);
    },
    onWarning: (warning) => found.warnings.push(warning),
  });
  while (walk.step());
  return found;
}

/** The system calls, some of them failing for paths that end so. */
function failing(call: "lstat" | "readDir" | "readLink", suffix: string, errno: number): Sys {
  const sys = openSys();
  const real = sys[call] as (...args: unknown[]) => number;
  const fails = (path: Uint8Array) =>
    text(path.subarray(0, path.indexOf(0))).replace(/\/$/, "").endsWith(suffix);
  return { ...sys, [call]: (...args: [Uint8Array]) => fails(args[0]) ? -errno : real(...args) };
}

Deno.test("entries come in the order of their bytes, each folder before what is in it", async () => {
  await using tree = await makeTree(`
    a/z
    a-b
    a.b/z
    B/q
    zz
    é
    "\u{ffee}"
    "\u{1f600}"
  `);
  assert.deepEqual((await walk(tree.root)).lines.map((line) => line.split(" ")[0]), [
    ...["B", "B/q", "a", "a/z", "a-b", "a.b", "a.b/z", "zz", "é", "\u{ffee}", "\u{1f600}"],
  ]);
});

Deno.test("links of both kinds, sockets, FIFOs and odd modes", async () => {
  await using tree = await makeTree(`
    a "x" 04755
    b => a
    d/ 02711
    d/c => a
    l -> ../../x
    p fifo 0600
    s socket 0640
  `);
  const hard = ["a 8001ed", "b 8001ed => a", "d 804001c9", "d/c 8001ed => a"];
  assert.deepEqual((await walk(tree.root)).lines, [
    ...hard,
    "l 80001ff -> ../../x",
    "p 2000180",
    "s 1a0",
  ]);
  assert.deepEqual((await walk(tree.root, ["a"])).lines.slice(0, 3), [
    "b 8001ed",
    "d 804001c9",
    "d/c 8001ed => b",
  ]);
});

Deno.test("an excluded folder is sent when something in it is, and just before it", async () => {
  await using tree = await makeTree(`
    a/b/c
    a/b/d
    a/e
    x/y
  `);
  const { lines } = await walk(tree.root, ["**", "!a/b/d"]);
  assert.deepEqual(lines, ["a 800001ed", "a/b 800001ed", "a/b/d 1a4"]);
});

Deno.test("what vanishes costs itself and a warning", async () => {
  await using tree = await makeTree(`
    a
    b
    c/d
    l -> x
    z
  `);
  const cases = [["lstat", "/b"], ["readLink", "/l"]] as const;
  for (const [call, suffix] of cases) {
    const { lines, warnings } = await walk(tree.root, [], failing(call, suffix, Errno.ENOENT));
    assert.equal(lines.length, 5);
    assert.deepEqual(warnings.map(({ path }) => path), [suffix.slice(1)]);
  }
  const { lines, warnings } = await walk(tree.root, [], failing("readDir", "/c", Errno.ENOENT));
  assert.deepEqual(lines.map((line) => line.split(" ")[0]), ["a", "b", "c", "l", "z"]);
  assert.deepEqual(warnings, [{ path: "c", reason: "it vanished while the folder was read" }]);
});

Deno.test("what cannot be read is named, unless it is excluded", async () => {
  await using tree = await makeTree(`a/b\nc`);
  for (const call of ["lstat", "readDir"] as const) {
    await assert.rejects(walk(tree.root, [], failing(call, "/a", Errno.EACCES)), (error) => {
      assert.ok(error instanceof FsyncError);
      assert.match(error.message, /^cannot read (the folder )?"a": permission denied$/);
      assert.equal(error.code, "EACCES");
      return true;
    });
    const { lines } = await walk(tree.root, ["a"], failing(call, "/a", Errno.EACCES));
    assert.equal(lines.length, 1);
  }
});

Deno.test("a name that is not UTF-8 goes out as it is", async () => {
  await using tree = await makeTree("a/b");
  const name = `${tree.root}/a/$(printf 'x\\377y')`;
  await new Deno.Command("sh", { args: ["-c", `touch "${name}"`] }).output();
  using sys = openSys();
  const paths: string[] = [];
  const emit = ({ path }: { path: Uint8Array }) => void paths.push(path.toHex());
  const walk = startWalk({ sys, root: tree.root, filter: undefined, emit, onWarning() {} });
  while (walk.step());
  assert.equal(paths.at(-1), new TextEncoder().encode("a/x").toHex() + "ff" + "79");
});

Deno.test("a path longer than a page", async () => {
  const root = await Deno.makeTempDir();
  await using _ = removedLater(root);
  const part = "p".repeat(250);
  let path = root;
  while (path.length < 3700) Deno.mkdirSync(path += `/${part}`);
  assert.equal((await walk(root)).lines.length, Math.ceil((3700 - root.length) / 251));
});
