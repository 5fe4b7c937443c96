import assert from "node:assert/strict";
import { copy, listing, scene } from "../../tests/fsync/raw_sender.ts";
import { needsRoot, skip } from "../../tests/harness/skip.ts";
import { makeTree } from "../../tests/harness/tree.ts";

const ignore = skip(needsRoot()); // devices

const everything = `
  big 3000001 0600
  empty "" 0444
  d/ 0555
  d/exact 131072 0755 @12.000000001
  d/e/ 01777 @1
  d/e/f "text" 04711
  d/up -> ../../.. @77.5
  hard => d/e/f
  fifo fifo 0640 @33
  null char 1:3 0666
  "sp ace" 524288
  é "x" user.test="value"
`;

Deno.test(
  { name: "a tree arrives as it was: content, modes, times, links, xattrs", ignore },
  async () => {
    await using tree = await makeTree(everything);
    await using there = await scene();
    await copy(tree.root, there.dest);
    assert.equal(await listing(there.dest), await listing(tree.root));
    for (const path of ["big", "d/exact", "d/e/f", "hard", "sp ace"]) {
      assert.deepEqual(
        Deno.readFileSync(`${there.dest}/${path}`),
        Deno.readFileSync(`${tree.root}/${path}`),
        path,
      );
    }
    assert.equal(Deno.statSync(there.dest).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(`${there.dest}/hard`).ino, Deno.statSync(`${there.dest}/d/e/f`).ino);
  },
);

Deno.test({
  name: "what is there and has no name in the tree stays, or goes with deleteOthers",
  ignore,
}, async () => {
  await using tree = await makeTree(everything);
  const before = `
    dest/0/x "x"
    dest/d/e/old "x"
    dest/d/old/x "x"
    dest/zz "x"
    dest/big/in/the/way "x"
    dest/d/up/in/the/way "x"
    dest/d/exact -> /etc/passwd
    dest/hard/in/the/way "x"
    dest/fifo "x"
    dest/é -> missing
  `;
  await using kept = await scene(before);
  await copy(tree.root, kept.dest);
  const extra = ["0", "0/x", "d/e/old", "d/old", "d/old/x", "zz"];
  const names = (await listing(kept.dest)).split("\n").map((line) =>
    line.replace(/ [-dlpc][-rwxstST]{9} .*/, "")
  );
  assert.deepEqual(extra.filter((path) => !names.includes(path)), []);
  await using mirrored = await scene(before);
  await copy(tree.root, mirrored.dest, true);
  assert.equal(await listing(mirrored.dest), await listing(tree.root));
});

Deno.test({ name: "a second time over the same folder", ignore }, async () => {
  await using tree = await makeTree(everything);
  await using there = await scene();
  for (const others of [false, false, true]) await copy(tree.root, there.dest, others);
  assert.equal(await listing(there.dest), await listing(tree.root));
});
