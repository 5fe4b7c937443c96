import assert from "node:assert/strict";
import { makeFilter } from "./filter.ts";

/** Which folders are walked and which entries are sent, of a folder and a file in it. */
async function verdicts(
  includes: string[],
  excludes: string[],
  path: string,
): Promise<{ walked: boolean; sent: boolean }> {
  const filter = (await makeFilter({ includes, excludes }))!;
  const parts = path.split("/");
  let parent;
  for (let depth = 1; depth < parts.length; depth++) {
    parent = filter.folder(parts.slice(0, depth).join("/"), parent);
    if (!parent.walked) return { walked: false, sent: false };
  }
  return { walked: true, sent: filter.file(path, parent) };
}

Deno.test("nothing to filter is no filter", async () => {
  assert.equal(await makeFilter({ includes: [], excludes: [] }), undefined);
});

Deno.test("folders are skipped only where nothing in them can match", async () => {
  const table: [string[], string[], string, walked: boolean, sent: boolean][] = [
    [["a/b"], [], "a/b/c", true, true],
    [["a/b"], [], "a/x", true, false],
    [["a/b"], [], "x/y", false, false],
    [["a/*"], [], "a/x", true, true],
    [["a/b/**"], [], "a/c/d", false, false],
    [["*/b"], [], "x/y", true, false],
    [[" "], [], "a", true, false],
    [[], ["a"], "a/b", false, false],
    [[], ["a", "!a/b"], "a/b/c", true, true],
    [[], ["a", "!a/b"], "a/x/y", false, false],
    [[], ["a", "!*/b"], "a/x/y", true, false],
    [["a"], ["a/b"], "a/b", true, false],
    [["a"], ["a/b"], "a/c", true, true],
  ];
  for (const [includes, excludes, path, walked, sent] of table) {
    const name = JSON.stringify({ includes, excludes, path });
    assert.deepEqual(await verdicts(includes, excludes, path), { walked, sent }, name);
  }
});
