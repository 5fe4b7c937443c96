import assert from "node:assert/strict";
import { makeTree } from "../../../tests/harness/tree.ts";
import { openDenoFs } from "./deno_fs.ts";
import { cString, Errno, fileStat, type Sys } from "./sys.ts";
import { openSys } from "./open_sys.ts";

Deno.test("without FFI the same is seen, but for what Deno has no eyes for", async () => {
  await using tree = await makeTree(`
    a "hello" 0640
    b => a
    d/é ""
    l -> a
  `);
  const see = async (sys: Sys) => {
    const names: string[] = [];
    assert.equal(sys.readDir(cString(tree.root), names), 0);
    const stat = fileStat();
    const stats = ["a", "b", "d", "l"].map((name) => {
      assert.equal(sys.lstat(cString(`${tree.root}/${name}`), stat), 0);
      return { ...stat, mtimeNanos: Math.floor(stat.mtimeNanos / 1e6), dev: 0 };
    });
    const file = sys.open(cString(`${tree.root}/a`));
    const buffer = new Uint8Array(9);
    const read = [
      sys.read(file, buffer.subarray(0, 2)),
      await sys.readAsync(file, buffer.subarray(2)),
      sys.read(file, buffer),
    ];
    sys.close(file);
    const target = buffer.subarray(0, sys.readLink(cString(`${tree.root}/l`), buffer));
    return { names: names.sort(), stats, read, content: target.toHex() };
  };
  using libc = openSys();
  using fallback = openDenoFs();
  assert.deepEqual(await see(fallback), await see(libc));
});

Deno.test("failures are numbers, the same ones", async () => {
  await using tree = await makeTree(`a`);
  for (const sys of [openSys(), openDenoFs()]) {
    using _ = sys;
    assert.equal(sys.lstat(cString(`${tree.root}/none`), fileStat()), -Errno.ENOENT);
    assert.equal(sys.lstat(cString(`${tree.root}/a/b`), fileStat()), -Errno.ENOTDIR);
    assert.equal(sys.readDir(cString(`${tree.root}/none`), []), -Errno.ENOENT);
    assert.equal(sys.open(cString(`${tree.root}/none`)), -Errno.ENOENT);
  }
});
