import assert from "node:assert/strict";
import { startOracle } from "./oracle.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing } from "./tool.ts";
import { makeTree } from "./tree.ts";

const ignore = skip(needsRoot() ?? await missing("fsutil-oracle"));

Deno.test({ name: "the oracle sees a tree as it was written", ignore }, async () => {
  await using tree = await makeTree(`
      # kinds
      dir/ 01777 @1600000000.000000001
      dir/file "héllo\\n" 0640 3:4 user.a="b c"
      dir/hard => dir/file
      "sp ace" 10 @1 04711
      "ü/#x" ""
      link -> nowhere @5.5
      null char 1:300
      pipe fifo 0600
      sock socket
    `);
  await using oracle = await startOracle();
  const stats = await oracle.stats(tree.root);
  const goTypes = {
    dir: 0x80000000,
    link: 0x08000000,
    device: 0x04000000,
    char: 0x00200000,
    pipe: 0x02000000,
    sticky: 0x00100000,
    setuid: 0x00800000,
  };
  const common = { uid: 0, gid: 0, size: 0, linkname: "", devmajor: 0, devminor: 0 };
  const usual = "1700000000123456789";
  const expected = [
    {
      path: "dir",
      mode: goTypes.dir + goTypes.sticky + 0o777,
      modTime: "1600000000000000001",
    },
    { path: "dir/file", mode: 0o640, size: 7, modTime: usual, xattrs: { "user.a": "YiBj" } },
    {
      path: "dir/hard",
      mode: 0o640,
      size: 7,
      modTime: usual,
      linkname: "dir/file",
      xattrs: { "user.a": "YiBj" },
    },
    {
      path: "link",
      mode: goTypes.link + 0o777,
      size: 7,
      linkname: "nowhere",
      modTime: "5500000000",
    },
    {
      path: "null",
      mode: goTypes.device + goTypes.char + 0o644,
      devmajor: 1,
      devminor: 300,
      modTime: usual,
    },
    { path: "pipe", mode: goTypes.pipe + 0o600, modTime: usual },
    // fsutil takes the type off a socket: it goes up as an empty file.
    { path: "sock", mode: 0o644, modTime: usual },
    { path: "sp ace", mode: goTypes.setuid + 0o711, size: 10, modTime: "1000000000" },
    { path: "ü/#x", mode: 0o644, modTime: usual },
  ].map((stat) => ({ ...common, ...stat }));
  const seen = stats.filter(({ path }) => path !== "ü").map(({ raw: _, ...stat }) => stat);
  assert.deepEqual(seen, expected);
});
