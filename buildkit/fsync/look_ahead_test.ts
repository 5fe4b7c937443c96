import assert from "node:assert/strict";
import { makeTree } from "../../tests/harness/tree.ts";
import { text } from "./errors.ts";
import { lookAhead } from "./look_ahead.ts";
import { openSys } from "./os/open_sys.ts";
import type { Sys } from "./os/sys.ts";
import { nextTurn } from "./stream.ts";
import { startWalk } from "./walk.ts";

/** Counts the looks at entries. */
function counting(): { sys: Sys; looks: string[] } {
  const sys = openSys();
  const looks: string[] = [];
  return {
    looks,
    sys: {
      ...sys,
      lstat(path, into) {
        looks.push(text(path.subarray(0, path.indexOf(0))));
        return sys.lstat(path, into);
      },
    },
  };
}

function listing(sys: Sys, root: string): string[] {
  const lines: string[] = [];
  const walk = startWalk({
    sys,
    root,
    filter: undefined,
    emit({ path, mode, size, mtimeNanos, linkname }) {
      lines.push([text(path), mode, size, mtimeNanos, text(linkname)].join(" "));
    },
    onWarning: ({ path, reason }) => lines.push(`${path}: ${reason}`),
  });
  while (walk.step());
  return lines;
}

/** Resolves once `count` entries were looked at, or after many turns. */
async function settled(looks: readonly string[], count: number): Promise<void> {
  for (let turn = 0; looks.length < count && turn < 5000; turn++) await nextTurn();
}

Deno.test("a walk after a look sends the same, and looks at nothing again", async () => {
  await using tree = await makeTree(`
    a "1"
    folder/b "22"
    folder/deep/c "333"
    link -> folder/b
    ü "4"
  `);
  await Deno.link(`${tree.root}/a`, `${tree.root}/hard`);
  const { sys, looks } = counting();
  using _ = sys;
  const expected = listing(sys, tree.root);
  looks.length = 0;
  const ahead = lookAhead(sys, tree.root, []);
  await settled(looks, expected.length);
  assert.equal(looks.length, expected.length);
  assert.deepEqual(listing(ahead.sys, tree.root), expected);
  assert.equal(looks.length, expected.length);
  ahead.stop();
  assert.deepEqual(listing(ahead.sys, tree.root), expected);
  assert.equal(looks.length, 2 * expected.length);
});

Deno.test("excluded folders are not looked at, and a walk of them sees what is there", async () => {
  await using tree = await makeTree(`
    kept/a "1"
    modules/b "2"
  `);
  const { sys, looks } = counting();
  using _ = sys;
  const ahead = lookAhead(sys, tree.root, ["modules"]);
  await settled(looks, 3);
  assert.ok(looks.some((path) => path.endsWith("/kept/a")));
  assert.ok(!looks.some((path) => path.includes("/modules/")));
  await Deno.writeTextFile(`${tree.root}/modules/new`, "3");
  assert.deepEqual(
    listing(ahead.sys, tree.root).map((line) => line.split(" ")[0]),
    ["kept", "kept/a", "modules", "modules/b", "modules/new"],
  );
  ahead.stop();
});

Deno.test("a folder that can't be looked at, and bad patterns, say nothing", async () => {
  using sys = openSys();
  lookAhead(sys, "/nonexistent/folder", []).stop();
  await using tree = await makeTree(`a "1"`);
  const ahead = lookAhead(sys, tree.root, ["[a-"]);
  await nextTurn();
  assert.equal(listing(ahead.sys, tree.root).length, 1);
  ahead.stop();
});
