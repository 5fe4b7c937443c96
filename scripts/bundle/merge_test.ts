import assert from "node:assert/strict";
import { closureOf, merge, type Modules, parseModule, printModule } from "./merge.ts";

/** Writes the files, imports one, and gives what it exports. */
async function run(modules: Modules, name: string): Promise<Record<string, unknown>> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/package.json`, '{"type":"module"}');
    for (const [file, module] of modules) {
      await Deno.writeTextFile(`${dir}/${file}`, printModule(module));
    }
    return await import(`file://${dir}/${name}`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function modulesOf(texts: Record<string, string>): Modules {
  return new Map(Object.entries(texts).map(([name, text]) => [name, parseModule(text)]));
}

const texts = {
  "main.js": 'import{a as x,b}from"./one.js";import"./two.js";var c=x(b)+1;export{c as sum};\n',
  "one.js": 'import{n as a}from"./two.js";function x(v){return v*a}export{x as a,a as b};\n',
  "two.js": "var n=3;export{n};\n",
  "late.js": 'import{n as k}from"./two.js";import{b as z}from"./one.js";var q=[k,z];export{q};\n',
};

Deno.test("a module is taken apart and printed as it was", () => {
  for (const text of Object.values(texts)) {
    assert.deepEqual(parseModule(printModule(parseModule(text))), parseModule(text));
  }
});

Deno.test("a closure lists each module after what it imports", () => {
  assert.deepEqual(closureOf(modulesOf(texts), ["main.js"]), ["two.js", "one.js", "main.js"]);
});

Deno.test("merged, every module exports what it did, and parts share one state", async () => {
  const modules = modulesOf(texts);
  const places = merge(modules, "core.js", ["two.js", "one.js"]);
  assert.deepEqual((await run(modules, "main.js"))["sum"], 10);
  assert.deepEqual((await run(modules, "late.js"))["q"], [3, 3]);
  const { file, name } = places.get("one.js")!;
  assert.equal(((await run(modules, file))[name] as { b: number }).b, 3);
  assert.deepEqual([...modules.keys()], ["main.js", "late.js", "core.js"]);
});

Deno.test("a part's import from outside keeps its name apart from another part's", async () => {
  const modules = modulesOf({
    "a.js": 'import{n as t}from"./out.js";var r=t;export{r};\n',
    "b.js": 'import{m as t}from"./out.js";var r=t;export{r};\n',
    "out.js": "var n=1,m=2;export{n,m};\n",
    "main.js": 'import{r as a}from"./a.js";import{r as b}from"./b.js";var s=[a,b];export{s};\n',
  });
  merge(modules, "merged.js", ["a.js", "b.js"]);
  assert.deepEqual((await run(modules, "main.js"))["s"], [1, 2]);
});
