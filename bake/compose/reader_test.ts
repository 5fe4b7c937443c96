/**
 * Cases that the comparison with the peer in tests/bake/ can't hold: texts made to break the
 * reader.
 */
import { equal } from "node:assert/strict";
import { composeReader } from "./reader.ts";

const reader = composeReader({
  lookup: (name) => name === "A" ? "x" : undefined,
  environment: () => undefined,
  readText: () => undefined,
  home: "/root",
  warn: () => {},
});

async function refusal(text: string): Promise<string> {
  const data = new TextEncoder().encode(text);
  return await reader.refuse({ name: "x.yaml", data }) ?? "";
}

Deno.test("keys that JavaScript's objects have are keys as any other", async () => {
  const data = new TextEncoder().encode(
    "services: {__proto__: {build: {context: ., args: {constructor: 1, __proto__: 2}}}}",
  );
  const { targets } = await reader.read([{ name: "x.yaml", data }]);
  equal(targets[0]?.name, "__proto__");
  equal([...targets[0]?.args ?? []].join(), "constructor,1,__proto__,2");
});

Deno.test("text with errors anywhere is read or refused", async () => {
  const text = "services:\n  web: &a\n    image: ${A:-b}\n    build: {context: ., args: [A=$A]}\n" +
    "  db:\n    <<: *a\n    build: {tags: !override [x], secrets: [s]}\nsecrets: {s: {file: f}}\n";
  const marks = "{}[]:,&*!|>'\"%@`$#-? \n\t<~0é";
  let seed = 42;
  const random = (below: number) => (seed = seed * 48271 % 2147483647) % below;
  for (let round = 0; round < 2000; round++) {
    let broken = text;
    for (let cut = random(3); cut >= 0; cut--) {
      const at = random(broken.length);
      broken = broken.slice(0, at) + marks[random(marks.length)] + broken.slice(at + random(4));
    }
    equal(typeof await refusal(broken), "string");
  }
});
