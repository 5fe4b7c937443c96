import assert from "node:assert/strict";
import { parsePolicy } from "../../grammar/policy.ts";
import { choosePolicies, type PolicyChoice } from "./policy.ts";

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
  Deno.test(`choosePolicies() of ${JSON.stringify(texts)}`, () => {
    assert.deepEqual(choosePolicies(texts.map(parsePolicy)), expected);
  });
}

const bad: [texts: string[], message: string][] = [
  [["disabled=true,strict=true"], "disabled policy cannot be combined with other policy flags"],
  [["disabled=true", "filename=x"], "disabled policy cannot be combined with other policy flags"],
];
for (const [texts, message] of bad) {
  Deno.test(`choosePolicies() refuses ${JSON.stringify(texts)}`, () => {
    assert.throws(() => choosePolicies(texts.map(parsePolicy)), { name: "UsageError", message });
  });
}
