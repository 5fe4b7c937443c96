import assert from "node:assert/strict";
import { choosePolicies, parsePolicies, type PolicyChoice } from "./policy.ts";

const good: [texts: string[], expected: PolicyChoice][] = [
  [[], { disabled: false, beside: true, files: [] }],
  [["disabled=true"], { disabled: true, beside: false, files: [] }],
  [["disabled=0"], { disabled: false, beside: true, files: [] }],
  [["filename=a.rego,filename=b", "FileName=c"], {
    disabled: false,
    beside: true,
    files: ["a.rego", "b", "c"],
  }],
  [["filename=a", "reset=true,filename=b"], { disabled: false, beside: false, files: ["b"] }],
  [["reset=true"], { disabled: false, beside: false, files: [] }],
  [["strict=false,log-level=Debug"], { disabled: false, beside: true, files: [] }],
];
for (const [texts, expected] of good) {
  Deno.test(`parsePolicies() of ${JSON.stringify(texts)}`, () => {
    assert.deepEqual(choosePolicies(parsePolicies(texts)), expected);
  });
}

const bad: [texts: string[], message: string | RegExp][] = [
  [["x"], "invalid value x"],
  [[""], "EOF"],
  [["filename="], "invalid value filename="],
  [
    ["strict=maybe"],
    'invalid value strict=maybe: strconv.ParseBool: parsing "maybe": invalid syntax',
  ],
  [["log-level=loud"], /^invalid value log-level=loud: /],
  [["other=1"], "invalid value other=1"],
  [["disabled=true,strict=true"], "disabled policy cannot be combined with other policy flags"],
  [["disabled=true", "filename=x"], "disabled policy cannot be combined with other policy flags"],
  [['a"b'], /bare "/],
];
for (const [texts, message] of bad) {
  Deno.test(`parsePolicies() refuses ${JSON.stringify(texts)}`, () => {
    assert.throws(() => choosePolicies(parsePolicies(texts)), { name: "UsageError", message });
  });
}
