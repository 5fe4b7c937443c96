import assert from "node:assert/strict";
import { BadPattern, filepathMatch, pathMatch } from "./path_match.ts";

// The results are those of Go 1.26.
const cases: [pattern: string, name: string, matches: boolean][] = [
  ["abc", "abc", true],
  ["*", "abc", true],
  ["*c", "abc", true],
  ["a*", "ab/c", false],
  ["a*/b", "abc/b", true],
  ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
  ["a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false],
  ["a*b?c*x", "abxbbxdbxebxczzx", true],
  ["a?b", "a☺b", true],
  ["a?b", "a/b", false],
  ["ab[c]", "abc", true],
  ["ab[b-d]", "abc", true],
  ["ab[^b-d]", "abc", false],
  ["a\\*b", "a*b", true],
  ["a\\*b", "ab", false],
  ["[a-ζ]*", "α", true],
  ["*[a-ζ]", "A", false],
  ["[\\]a]", "]", true],
  ["[x\\-]", "-", true],
  ["*x", "xxx", true],
  ["", "", true],
  ["", "a", false],
];
for (const [pattern, name, matches] of cases) {
  Deno.test(`pathMatch() says whether ${pattern} matches ${name}`, () => {
    assert.equal(pathMatch(pattern, name), matches);
    assert.equal(filepathMatch(pattern, name), matches);
  });
}

for (const pattern of ["[]a]", "[-]", "[x-]", "[a-b-c]", "[", "[^", "a[", "[\\", "a\\"]) {
  Deno.test(`pathMatch() refuses ${pattern}`, () => {
    assert.throws(() => pathMatch(pattern, "a"), BadPattern);
  });
}

Deno.test("only pathMatch() reads the pattern behind the place where the name fails", () => {
  assert.throws(() => pathMatch("b*[", "a"), BadPattern);
  assert.equal(filepathMatch("b*[", "a"), false);
});
