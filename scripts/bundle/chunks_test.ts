import assert from "node:assert/strict";
import { facadeTarget, hideLateImports } from "./chunks.ts";

Deno.test("a file that only exports from another one is imported as that one's exports", () => {
  assert.equal(
    facadeTarget('export{st as connect,t}from"./client.js";\n'),
    'import(["./client.js"].join()).then(all=>({connect:all.st,t:all.t}))',
  );
  assert.equal(facadeTarget('const a=1;export{a}from"./client.js";'), undefined);
  assert.equal(facadeTarget("const a=1;export{a};"), undefined);
});

Deno.test("late imports are hidden, in every kind of quotes; others stay", () => {
  const facade = (file: string) => file === "c.js" ? "C" : undefined;
  const code = "import('./a.js');import(`./b.js`);import(\"./c.js\");import(`node:tls`);import(x)";
  const hidden =
    'import(["./a.js"].join());import(["./b.js"].join());C;import(`node:tls`);import(x)';
  assert.equal(hideLateImports(code, facade), hidden);
});
