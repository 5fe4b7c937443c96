import { deepEqual, throws } from "node:assert/strict";
import { PatternError } from "./node.ts";
import { Regexp } from "./regexp.ts";

const noCount = () => {};

/** The first match's whole and groups; undefined for none. */
function find(pattern: string, text: string): (string | undefined)[] | undefined {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  const match = new Regexp(pattern, noCount).find(codes);
  if (match === undefined) return undefined;
  const groups: (string | undefined)[] = [];
  for (let i = 0; i < match.length; i += 2) {
    const [from, to] = [match[i], match[i + 1]];
    groups.push(from === undefined ? undefined : String.fromCodePoint(...codes.slice(from, to)));
  }
  return groups;
}

Deno.test("the leftmost match, by the first alternative", () => {
  deepEqual(find("a|ab", "xab"), ["a"]);
  deepEqual(find("(a*)(ab)?", "aab"), ["aa", "aa"]);
  deepEqual(find("(a*?)(ab)", "aab"), ["aab", "a", "ab"]);
  deepEqual(find("x*", "aaa"), [""]);
  deepEqual(find("b", "aaa"), undefined);
});

Deno.test("classes, ends and flags", () => {
  deepEqual(find(String.raw`\d+\s\w`, "a 12 b"), ["12 b"]);
  deepEqual(find("[^a-c]+", "abcdé"), ["dé"]);
  deepEqual(find(String.raw`\p{Greek}+`, "aλβ1"), ["λβ"]);
  deepEqual(find("^b$", "a\nb"), undefined);
  deepEqual(find("(?m)^b$", "a\nb\n"), ["b"]);
  deepEqual(find("(?i:É)x", "éx"), ["éx"]);
  deepEqual(find(String.raw`\Qa.b\E+`, "aXb a.bb"), ["a.bb"]);
  deepEqual(find(String.raw`\bfoo\b`, "xfoo foo"), ["foo"]);
});

Deno.test("repetitions", () => {
  deepEqual(find("a{2,3}", "aaaa"), ["aaa"]);
  deepEqual(find("a{2}b?", "aab"), ["aab"]);
  deepEqual(find("a{,2}", "a{,2}"), ["a{,2}"]);
  deepEqual(find("(ab){2}", "abab"), ["abab", "ab"]);
});

Deno.test("what takes others for ever takes no time", () => {
  deepEqual(find("(a+)+$", `${"a".repeat(2000)}b`), undefined);
  deepEqual(find("(a?){50}a{50}", "a".repeat(50))?.[0], "a".repeat(50));
});

Deno.test("patterns that are none", () => {
  const bad = ["(", ")", "a**", "*", "[", "[z-a]", "a{2,1}", "a{1001}", "(?=a)", String.raw`\1`];
  for (const pattern of bad) throws(() => new Regexp(pattern, noCount), PatternError, pattern);
  throws(() => new Regexp("((a{500}){500}){500}", noCount), PatternError);
});
