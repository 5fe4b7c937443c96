import assert from "node:assert/strict";
import { makeTree } from "../../tests/harness/tree.ts";
import { followLinks } from "./follow_links.ts";
import { openSys } from "./os/open_sys.ts";

const text = `
  abs -> /d/file
  circle -> circle
  d/file
  d/up -> ../../../x
  d/sub/
  folder -> d
  l1 -> l2
  l2 -> d/up
  root -> /
  w1 -> d/file
  w2 -> missing
  x
`;

const table: [paths: string[], found: string[] | undefined][] = [
  [["x"], ["x"]],
  [["none/at/all"], ["none/at/all"]],
  [["abs"], ["abs", "d/file"]],
  [["folder/file"], ["d/file", "folder"]],
  [["folder/sub/y"], ["d/sub/y", "folder"]],
  [["l1"], ["d/up", "l1", "l2", "x"]],
  [["circle"], ["circle"]],
  [["d", "d/file"], ["d"]],
  [["w*"], ["d/file", "missing", "w*"]],
  [["fold*/file"], ["d/file", "fold*"]],
  [["x*"], ["x*"]],
  [["root"], undefined],
  [["."], undefined],
  [["/x", "./d/../x"], ["x"]],
  [["../x"], ["../x"]],
];

Deno.test("links on the way and at the end are followed, and stay inside", async () => {
  await using tree = await makeTree(text);
  using sys = openSys();
  for (const [paths, found] of table) {
    assert.deepEqual(await followLinks(sys, tree.root, paths), found, JSON.stringify(paths));
  }
});

Deno.test("a chain of links may be longer than calls can nest", async () => {
  await using tree = await makeTree("end");
  using sys = openSys();
  const count = 15_000;
  for (let i = 0; i < count; i++) {
    Deno.symlinkSync(i + 1 === count ? "end" : `l${i + 1}`, `${tree.root}/l${i}`);
  }
  assert.equal((await followLinks(sys, tree.root, ["l0"]))?.length, count + 1);
});
