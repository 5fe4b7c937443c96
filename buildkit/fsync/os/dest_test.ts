/** The same cases over each way of writing into a folder. */
import assert from "node:assert/strict";
import { removedLater } from "../../../tests/harness/remove_folder.ts";
import { writeTree } from "../../../tests/harness/tree.ts";
import type { Attributes, Dest } from "./dest.ts";
import { openDenoDest } from "./dest_deno.ts";
import { openLibcDest } from "./dest_libc.ts";
import { FsyncError } from "../errors.ts";

const file: Attributes = {
  mode: 0o640,
  mtimeSeconds: 1_600_000_000,
  mtimeNanos: 5_000_000,
  xattrs: [],
};

const ways: [name: string, open: (root: string) => Dest | undefined][] = [["libc", openLibcDest], [
  "Deno",
  openDenoDest,
]];

/** Runs a case for each implementation, in a folder `dest` next to a folder `outside`. */
function each(
  name: string,
  tree: string,
  run: (dest: Dest, root: string) => Promise<void> | void,
): void {
  for (const [way, open] of ways) {
    Deno.test(`${name} (${way})`, async () => {
      const root = await Deno.makeTempDir({ prefix: "fl-dest-" });
      await using _ = removedLater(root);
      writeTree(root, `dest/\noutside/kept "kept"\n${tree}`);
      using dest = open(`${root}/dest`);
      assert.ok(dest, "FFI is there where tests run");
      await run(dest, `${root}/dest`);
      assert.equal(Deno.readTextFileSync(`${root}/outside/kept`), "kept");
      assert.equal([...Deno.readDirSync(`${root}/outside`)].length, 1);
    });
  }
}

function put(dest: Dest, path: string, content: string): void {
  const out = dest.createFile(path);
  out.write(new TextEncoder().encode(content));
  out.commit(file);
}

each("files appear whole, with their attributes", "", async (dest, root) => {
  const out = dest.createFile("a");
  out.write(new TextEncoder().encode("he"));
  await out.writeAsync(new TextEncoder().encode("llo"));
  assert.deepEqual(dest.names("").map((name) => /^\.tmp\.\d{9}$/.test(name)), [true]);
  out.commit(file);
  assert.equal(Deno.readTextFileSync(`${root}/a`), "hello");
  assert.equal(Deno.statSync(`${root}/a`).mode! & 0o7777, 0o640);
  assert.equal(Deno.statSync(`${root}/a`).mtime!.getTime(), 1_600_000_000_005);
  dest.createFile("b").abandon();
  assert.deepEqual(dest.names(""), ["a"]);
});

each(
  "folders are ours alone until they are finished",
  'dest/old/x ""\ndest/file ""\ndest/link -> ../outside',
  (dest, root) => {
    assert.equal(dest.makeFolder("new", 0o555), true);
    assert.equal(dest.makeFolder("old", 0o555), false);
    assert.equal(dest.makeFolder("file", 0o555), true);
    assert.equal(dest.makeFolder("link", 0o555), true);
    const mode = (path: string) => Deno.lstatSync(`${root}/${path}`).mode! & 0o777;
    assert.deepEqual(["new", "old", "file", "link"].map(mode), [0o700, 0o755, 0o700, 0o700]);
    put(dest, "old/y", "");
    dest.finishFolder("old", { ...file, mode: 0x800001ed });
    assert.equal(mode("old"), 0o755);
    assert.equal(Deno.statSync(`${root}/old`).mtime!.getTime(), 1_600_000_000_005);
    assert.deepEqual(dest.names("old"), ["x", "y"]);
  },
);

each(
  "whatever has the name gives way",
  'dest/a/b/c ""\ndest/l -> ../outside\ndest/h/x ""',
  (dest, root) => {
    put(dest, "a", "1");
    put(dest, "l", "2");
    dest.link("h", "a");
    dest.symlink("s", "a", file);
    dest.symlink("s", "l", file);
    assert.deepEqual(dest.names(""), ["a", "h", "l", "s"]);
    assert.equal(Deno.readTextFileSync(`${root}/h`), "1");
    assert.equal(Deno.readLinkSync(`${root}/s`), "l");
    assert.equal(Deno.lstatSync(`${root}/l`).isSymlink, false);
  },
);

each("no link is a way", "dest/l -> ../outside", (dest) => {
  const calls: (() => unknown)[] = [
    () => dest.createFile("l/x"),
    () => dest.makeFolder("l/x", 0o755),
    () => dest.makeFolder("l/x/y", 0o755),
    () => dest.symlink("l/x", "y", file),
    () => dest.link("x", "l/kept"),
    () => dest.link("l/x", "l/kept"),
    () => dest.remove("l/kept"),
    () => dest.names("l/x"),
    () => dest.finishFolder("l/x", file),
  ];
  for (const [i, call] of calls.entries()) assert.throws(call, FsyncError, `call ${i}`);
  dest.remove("l");
  assert.deepEqual(dest.names(""), []);
});

each("many folders deep and wide", "", (dest) => {
  let path = "d";
  for (let i = 0; i < 100; i++, path += "/d") dest.makeFolder(path, 0o755);
  for (let i = 0; i < 100; i++) dest.makeFolder(`w${100 + i}`, 0o755);
  put(dest, path.replace(/\/d$/, "/f"), "x");
  dest.remove("d");
  assert.equal(dest.names("").length, 100);
});
