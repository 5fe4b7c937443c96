import assert from "node:assert/strict";
import { FsyncError } from "../errors.ts";
import { parsePatterns } from "./pattern.ts";

/** Whether the rules match a path, from the top down as a walk does it. */
async function matches(rules: readonly string[], path: string): Promise<boolean> {
  const list = await parsePatterns(rules);
  let matched = false;
  let parent: Uint8Array | undefined;
  const parts = path.split("/");
  for (let depth = 1; depth <= parts.length; depth++) {
    const into = new Uint8Array(list.patterns.length);
    matched = list.matches(parts.slice(0, depth).join("/"), parent, into);
    parent = into;
  }
  return matched;
}

const table: [rules: string[], matched: string[], not: string[]][] = [
  [["a"], ["a", "a/b", "a/b/c"], ["b", "b/a", "ab"]],
  [["*.go"], ["x.go", ".go", "x.go/y"], ["d/x.go", "x.goo"]],
  [["**/*.go"], ["x.go", "d/x.go", "d/e/x.go"], ["x.g"]],
  [["a/**"], ["a/b", "a/b/c", "a/"], ["a", "b/a/c"]],
  [["a**"], ["a", "ab", "a/b"], ["b"]],
  [["**"], ["a", "a/b"], []],
  [["**/a"], ["a", "b/a", "c/b/a/d"], ["ba", "b/ca"]],
  [["**/**/a"], ["a", "b/a"], ["ba"]],
  [["a/**/b"], ["a/b", "a/x/b", "a/x/y/b/c"], ["a", "b", "a/xb"]],
  [["a?c"], ["abc", "a\u{1f600}c"], ["a/c", "ac"]],
  [["[a-c]x", "[^a-c]y"], ["ax", "zy"], ["dx", "ay"]],
  [["a\\*"], ["a*"], ["ab"]],
  [["a.b+(c)"], ["a.b+(c)"], ["axb+(c)"]],
  [[" a ", "", "  ", "./b/", "c/../d", "/"], ["a", "b", "d"], ["c", "e"]],
  [["*", "!b", "b/c"], ["a", "b/c", "b/c/d"], ["b", "b/x"]],
  [["a", "!a/b", "a/b/c"], ["a", "a/x", "a/b/c"], ["a/b", "a/b/d"]],
  [["!a"], [], ["a", "b"]],
  // Patterns that nobody writes on purpose, but that patternmatcher accepts.
  [["[*]a"], ["]a", "//]a", "[^]a"], ["*a"]],
  [["x*|b"], ["x", "xy", "cb"], ["c"]],
  [["[ab]{2}"], ["ab", "ba"], ["a", "abb", "[ab]{2}"]],
  [["a{2}"], ["a{2}"], ["aa"]],
  [["\\d"], ["7"], ["d"]],
  [["[[:alpha:]]"], ["z"], ["7", ":"]],
  [["[[:x]", "[[:digit:][:z]"], ["[", ":", "x", "7", "z"], ["a", "]"]],
];

Deno.test("rules match what they match in Go", async () => {
  for (const [rules, matched, not] of table) {
    for (const path of matched) {
      assert.ok(await matches(rules, path), `${JSON.stringify(rules)} matches ${path}`);
    }
    for (const path of not) {
      assert.ok(!await matches(rules, path), `${JSON.stringify(rules)} does not match ${path}`);
    }
  }
});

Deno.test("a rule with wrong syntax is named", async () => {
  for (const rule of ["[", "a[", "[]a]", "[a-]", "[--a]", "a\\", "!", "!["]) {
    await assert.rejects(parsePatterns(["ok", rule]), (error) => {
      assert.ok(error instanceof FsyncError);
      assert.match(error.message, /^cannot use the pattern "/);
      return true;
    }, rule);
  }
  await parsePatterns(["*[b-a]"]);
  await assert.rejects(
    matches(["*[b-a]"], "x"), // this is found when the rule is first used, as in Go
    /^FsyncError: cannot use the pattern "\*\[b-a\]": it is not a valid regular expression: /,
  );
});

/** A backtracking matcher does not come back from any of these. */
Deno.test("patterns that multiply ways to match are matched all the same", async () => {
  const long = "a".repeat(255);
  const deep = "a/".repeat(2000) + "a";
  const rules = [
    `${"*?".repeat(100)}!`,
    `${"**/".repeat(12)}b`,
    `${"**/a".repeat(200)}b`,
    `${"*a".repeat(100)}b`,
    `${"[^x]*".repeat(14)}x`,
    `${"a**".repeat(100)}b`,
    `[a]{0,1000}${"*a".repeat(20)}b`,
    `${"[ab]{0,500}".repeat(10)}c`,
    `*${"|*a".repeat(1000)}|c`,
    `${"\\b*".repeat(100)}b`,
    `[${"[:".repeat(40_000)}a]c`,
    `a${" ".repeat(200_000)}b`,
    `[[:^alpha:]${"{".repeat(50_000)}]`,
    `[a]${"{9".repeat(20_000)}`,
    `${"*".repeat(100)}b`,
  ];
  for (const rule of rules) {
    for (const path of [long, deep]) {
      assert.equal(await matches([rule], path), rule.startsWith("*|"), rule.slice(0, 40));
    }
  }
  assert.ok(await matches([`${"*a".repeat(100)}`], long));
  assert.ok(await matches([`${"**/".repeat(12)}a`], deep));
});

Deno.test("a list with more work than a list may have is refused", async () => {
  const many = Array.from({ length: 101 }, () => "[a]{1000}");
  for (const rules of [many, [`[a]{${"9".repeat(50_000)}}`]]) {
    await assert.rejects(matches(rules, "b"), /cannot use the pattern "\[.*": it /);
  }
});
