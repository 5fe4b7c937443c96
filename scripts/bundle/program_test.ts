import assert from "node:assert/strict";
import { facadeTarget, hideLateImports } from "./chunks.ts";
import { bundleFolder } from "./program.ts";

/** An import statement; they come first in a file. */
const IMPORT = /import(?:[\w$*{},\s]+from)?"([^"]+)";/y;

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

Deno.test("the program's bundle: few files for what is counted, and none of node's modules", async () => {
  const dir = await Deno.makeTempDir({ prefix: "fl-bundle-" });
  try {
    await bundleFolder(dir, "0123");
    const texts = new Map([...Deno.readDirSync(dir)]
      .map(({ name }) => [name, Deno.readTextFileSync(`${dir}/${name}`)]));
    const imports = (file: string) => {
      const found: string[] = [];
      IMPORT.lastIndex = 0;
      for (let match; (match = IMPORT.exec(texts.get(file) ?? ""));) {
        found.push(match[1]!.replace("./", ""));
      }
      return found;
    };
    const closure = (file: string) => {
      const seen = new Set([file]);
      for (const one of seen) imports(one).forEach((name) => seen.add(name));
      return [...seen].sort();
    };
    assert.deepEqual(closure("main.js"), ["core.js", "main.js"]);
    assert.deepEqual(closure("start.js"), ["core.js", "start.js"]);
    assert.deepEqual(closure("ls.js"), ["client.js", "core.js", "ls.js", "start.js"]);
    const booting = ["client.js", "core.js", "progress.js", "start.js"];
    assert.deepEqual(closure("progress.js"), booting);
    assert.deepEqual(closure("builds.js"), ["builds.js", ...booting]);
    assert.deepEqual(closure("bake.js"), ["bake.js", "builds.js", ...booting]);
    for (const [name, text] of texts) {
      assert.doesNotMatch(text, /\bimport\(["'`]\.\//, `${name} names a late import`);
      assert.doesNotMatch(text, /\bcreateRequire\b|\b__dirname\b/, name);
    }
    const licences = texts.get("LICENCES.txt")!;
    for (const name of ["ssh2", "asn1", "yaml"]) {
      assert.match(licences, new RegExp(`^${name} [\\d.]+\\n\\n[^]*Copyright`, "m"));
    }
    const stamped = [...texts.values()].filter((text) => /revision:[`"]0123[`"]/.test(text));
    assert.equal(stamped.length, 1);
    // The CommonJS build of yaml loads node's modules.
    const yaml = [...texts].filter(([, text]) => text.includes("BLOCK_AS_IMPLICIT_KEY"));
    assert.ok(yaml.length > 0);
    for (const [name] of yaml) {
      assert.deepEqual(closure(name).filter((file) => /^node:/.test(file)), []);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
