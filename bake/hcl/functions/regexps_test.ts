import { deepEqual, equal, throws } from "node:assert/strict";
import { Scope, World } from "../scope.ts";
import { type Content, stringOf, type Value } from "../values/value.ts";
import { functions } from "./regexps.ts";

const scope = new Scope(new World(new Map(), () => "", []), new Map());

function call(name: string, ...texts: string[]): Value {
  return functions[name]!.call(texts.map(stringOf), scope);
}

/** The value as JavaScript has it. */
function plain({ content }: Value): unknown {
  const of = content as Content;
  if (of instanceof Map) {
    return Object.fromEntries([...of].map(([key, value]) => [key, plain(value)]));
  }
  return Array.isArray(of) ? of.map(plain) : of;
}

/** The matches' texts, or their groups. */
const all = (pattern: string, text: string) => plain(call("regexall", pattern, text));

Deno.test("the leftmost match counts, by the first alternative", () => {
  deepEqual(all("a|ab", "xab"), ["a"]);
  deepEqual(all("(a*)(ab)?", "aab"), [["aa", null], ["", null]]);
  deepEqual(all("(a*?)(ab)", "aab"), [["a", "ab"]]);
  deepEqual(all("b", "aaa"), []);
  deepEqual(all("(?P<x>a)(?<y>b)?", "ab"), [{ x: "a", y: "b" }]);
});

Deno.test("an empty match right behind another match does not count", () => {
  deepEqual(all("a*", "baaac"), ["", "aaa", ""]);
  deepEqual(all("x*", "😀é"), ["", "", ""]);
  equal(call("regex_replace", "baaac", "a*", "-").content, "-b-c-");
});

Deno.test("classes, ends and flags", () => {
  const cases: [pattern: string, text: string, found: string[]][] = [
    [String.raw`\d+\s\w`, "a 12 b", ["12 b"]],
    ["[^a-c]+", "abcdé", ["dé"]],
    [String.raw`\p{Greek}+`, "aλβ1", ["λβ"]],
    ["^b$", "a\nb", []],
    ["(?m)^b$", "a\nb\n", ["b"]],
    ["(?i:É)x", "éx", ["éx"]],
    [String.raw`(?i)\p{Lu}`, "aß1", ["a", "ß"]],
    [String.raw`\Qa.b\E+`, "aXb a.bb", ["a.bb"]],
    [String.raw`\bfoo\b`, "xfoo foo", ["foo"]],
    ["a{2,3}", "aaaa", ["aaa"]],
    ["a{,2}", "a{,2}", ["a{,2}"]],
  ];
  for (const [pattern, text, found] of cases) deepEqual(all(pattern, text), found, pattern);
});

Deno.test("groups in a replacement", () => {
  const replaced = (template: string) =>
    call("regex_replace", "k=v", String.raw`(?P<key>\w)=(\w)`, template).content;
  equal(replaced("$2$1"), "vk");
  equal(replaced("${key}_$key_$$$9$nope"), "k_$");
  equal(replaced("$0!"), "k=v!");
});

Deno.test("patterns that take other engines for ever take no time", () => {
  deepEqual(all("(a+)+$", `${"a".repeat(2000)}b`), []);
  deepEqual(all("((a?){50}a{50})", "a".repeat(50)), [["a".repeat(50), ""]]);
});

Deno.test("bad patterns are refused in Go's words", () => {
  const bad: [pattern: string, why: string][] = [
    ["(", "missing closing ): `(`"],
    [")", "unexpected ): `)`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["*", "missing argument to repetition operator: `*`"],
    ["[", "missing closing ]: `[`"],
    ["[z-a]", "invalid character class range: `z-a`"],
    ["a{2,1}", "invalid repeat count: `{2,1}`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=`"],
    ["(?<=a)", "invalid named capture: `(?<=a)`"],
    [String.raw`\1`, "invalid escape sequence: `\\1`"],
    ["\\", "trailing backslash at end of expression: ``"],
    ["((a{500}){500}){500}", "invalid repeat count: `{500}`"],
  ];
  for (const [pattern, why] of bad) {
    const message = `error parsing regexp: ${why}`;
    throws(() => call("regex_replace", "", pattern, ""), { message }, pattern);
    throws(() => call("regex", pattern, ""), /invalid regexp pattern: /, pattern);
  }
});

Deno.test("a pattern or a search that takes too long ends with an error", () => {
  const big = "a{1000}".repeat(30);
  throws(() => call("regex_replace", "", big, ""), /expression too large/);
  const text = "a".repeat(1 << 20);
  throws(() => call("regexall", "(.*b|a){20}", text), { name: "LimitError" });
});
