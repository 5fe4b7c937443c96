/**
 * Definitions and compose files that would take hours or all memory end with an error that names
 * the place and the limit. The tests don't measure time: without a limit they would not end.
 */
import { match } from "node:assert/strict";
import { UsageError } from "../../base/usage_error.ts";
import { composeReader } from "../../bake/compose/reader.ts";
import { readHcl } from "./read_hcl.ts";

/** The message of the error that the definition ends with. */
async function bakeError(text: string): Promise<string> {
  try {
    await readHcl([{ name: "b.hcl", text }]);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("was read");
}

const steps =
  /^b\.hcl:\d+,\d+-\d+: Out of bounds; .* the evaluation takes more than 2 million steps/;
const size = /^b\.hcl:\d+,\d+-\d+: Out of bounds; .* larger than 16 MiB/;
const length = /^b\.hcl:\d+,\d+-\d+: Out of bounds; .* a string is longer than 16 MiB/;

/** 1 MB of text, 250,000 pairs and 10,000 different strings. */
const big = `big = join("", [for i in range(1000): "${"0123456789".repeat(100)}"])\n`;
const accents = big.replace("9", "é");
const pairs = "pairs = setproduct(range(500), range(500))\n";
const strings = 'strings = [for p in setproduct(range(100), range(100)): "${p[0]}-${p[1]}"]\n';
const often = (expression: string) => `x = length([for i in range(1024): ${expression}])\n`;
const chain = (item: (i: number) => string) =>
  Array.from({ length: 60 }, (_, i) => item(i)).join("\n");

const hcl: Record<string, [text: string, message: RegExp]> = {
  "nested for": [often("[for j in range(1024): j if j < 0]"), steps],
  "nested directives": [
    `x = "%{for a in range(1024)}%{for b in range(1024)}%{for c in range(1024)}x%{endfor}` +
    `%{endfor}%{endfor}"`,
    steps,
  ],
  "1,024 strings of 1 MB": [big + often('"${i}${big}"'), steps],
  "1,024 times one string of 1 MB": [`${big}x = [for i in range(1024): big]`, size],
  "format of large widths": [often('format("%65536s%65536s", i, i)'), steps],
  "a format of 10 million columns": ['x = format("%10000000s", 1)', /width above 65536/],
  "a list that doubles": [chain((i) => `v${i} = ${i ? `[v${i - 1}, v${i - 1}]` : "[1]"}`), size],
  "a string that doubles": [
    chain((i) => `v${i} = "${i ? `\${v${i - 1}}\${v${i - 1}}` : "x"}"`),
    length,
  ],
  "functions that double": [
    chain((i) => `function "f${i}" {\n  params = [a]\n  result = [f${i + 1}(a), f${i + 1}(a)]\n}`) +
    `\nfunction "f60" {\n  params = [a]\n  result = a\n}\nx = f0(1)`,
    steps,
  ],
  replace: [`${big}x = replace(big, "0", big)`, length],
  "replace of nothing": [`${big}x = replace(big, "", big)`, length],
  join: [`${big}x = join(big, range(1000))`, length],
  indent: [`${big}x = indent(100000, replace(big, "0", "\\n"))`, length],
  regex_replace: [`${big}x = regex_replace(big, "0", big)`, length],
  "hashes, often": [big + often("sha512(big)"), steps],
  "graphemes, often": [accents + often("strlen(big)"), steps],
  "conditions, often": [pairs + often("true ? pairs : pairs"), steps],
  "conversions to a set, often": [strings + often("convert(strings, set(string))"), steps],
  "searches, often": [strings + often('contains(strings, "nope")'), steps],
  "unions, often": [often("setunion(range(1000), [i])"), steps],
  // The steps of a hash of this cost count before it is made.
  bcrypt: [
    'x = [for i in range(1023): [for j in range(400): j if j < 0]]\ny = bcrypt("a", 16)',
    steps,
  ],
  setproduct: ["x = setproduct(range(1024), range(1024))", /more than 262144 elements/],
  "setproduct of sixty": [
    `x = setproduct(${Array(60).fill("[1, 2]").join(", ")})`,
    /262144 elements/,
  ],
  "a list of many types": [
    `x = convert([${
      Array.from({ length: 300 }, (_, i) => `[${Array(i).fill(1)}], ${i}`)
    }], list(any))`,
    /values of more than 200 types/,
  ],
  "a regular expression of many steps": [
    `${big}x = [for i in range(1024): can(regex("(x?){50}[a-z]{50}", big))]`,
    steps,
  ],
  "a regular expression, once at each character": [
    `${big}x = length(regexall(".*b|[0-9]", big))`,
    steps,
  ],
  "a large regular expression": [
    `x = regex("${"a{1000}".repeat(30)}", "")`,
    /expression too large/,
  ],
  "a long constraint of versions": [`x = semvercmp("1.2.3", "${"1".repeat(100_000)}")`, steps],
  "a literal of a million digits": [`x = ${"1".repeat(1_000_000)}`, /Invalid number literal/],
  "a literal of a billion digits": ["x = 1e1000000000", /Invalid number literal/],
  "numbers that grow": [
    chain((i) => `v${i} = ${i ? `v${i - 1} * v${i - 1}` : "1e300"}`),
    /a number is too large or too small/,
  ],
  "a number of a hundred thousand digits": [
    `x = parseint("${"9".repeat(100_000)}", 10)`,
    /cannot parse/,
  ],
  "a matrix of a million": [
    `target "a" {\n  name = "a"\n  matrix = { a = range(1000), b = range(1000) }\n}`,
    /more than 10000 combinations/,
  ],
};
for (const [name, [text, message]] of Object.entries(hcl)) {
  Deno.test(`limits of a definition: ${name}`, async () => {
    match((await bakeError(text)).replaceAll("\n", " "), message);
  });
}

/** The reason why the compose file `c.yaml` is refused. */
async function composeError(files: Readonly<Record<string, string>>): Promise<string> {
  const reader = composeReader({
    lookup: () => undefined,
    environment: () => undefined,
    readText: (path) => files[path],
    home: "/home/tester",
    warn: () => {},
  });
  const data = new TextEncoder().encode(files["c.yaml"]);
  return await reader.refuse({ name: "c.yaml", data }) ?? "was read";
}

const web = (build: string) => `services:\n  web:\n    build: ${build}\n`;
const list = (count: number, item: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => item(i)).join("");
const letters = [..."abcdefghijkl"];
const readSteps = /reading the compose files takes more than 2 million steps/;

const includes: Record<string, string> = { "c.yaml": "include: [a0.yml, b0.yml]\n" + web(".") };
for (let i = 0; i < 30; i++) {
  for (const letter of "ab") {
    includes[`${letter}${i}.yml`] = `include: [a${i + 1}.yml, b${i + 1}.yml]\n${web(".")}`;
  }
}
for (const letter of "ab") includes[`${letter}30.yml`] = web(".");

const compose: Record<string, [files: Record<string, string>, message: RegExp]> = {
  "defaults within 20,000 defaults": [
    { "c.yaml": web(`'${"${A:-".repeat(20_000)}${"}".repeat(20_000)}'`) },
    /interpolating services\.web\.build: variables are nested too deeply.* 100 levels/,
  ],
  "a .env that doubles": [
    { "c.yaml": web("."), ".env": list(60, (i) => `A${i}=${i ? `$A${i - 1}$A${i - 1}` : "x"}\n`) },
    /failed to read \.env: line \d+: a string is longer than 16 MiB/,
  ],
  "a long variable in many others": [
    { "c.yaml": web("."), ".env": `B=${"x".repeat(1 << 20)}\n${list(2000, (i) => `C${i}=$B\n`)}` },
    /failed to read \.env: line \d+: reading the compose files takes/,
  ],
  "a long variable in many services": [
    {
      "c.yaml": `services:\n${
        list(3000, (i) => `  s${i}: {build: {context: ., args: {A: $B}}}\n`)
      }`,
      ".env": `B=${"x".repeat(1 << 20)}\n`,
    },
    readSteps,
  ],
  "includes that double": [includes, readSteps],
  "one large file, extended often": [
    {
      "c.yaml": `services:\n${
        list(3000, (i) => `  s${i}: {extends: {file: b.yml, service: web}}\n`)
      }`,
      "b.yml": `${web(".")}  big: {image: "${"x".repeat(50_000)}"}\n`,
    },
    readSteps,
  ],
  "a chain of 5,000 services": [
    { "c.yaml": `services:\n${list(5000, (i) => `  s${i}: {build: ., extends: s${i + 1}}\n`)}` },
    /nested too deeply|not found/,
  ],
  "5,000 documents": [
    { "c.yaml": list(5000, (i) => `---\nservices: {s${i}: {build: .}}\n`) },
    readSteps,
  ],
  "aliases of aliases": [
    {
      "c.yaml":
        letters.map((letter, i) =>
          `${letter}: &${letter} [${Array(9).fill(i ? `*${letters[i - 1]}` : "x")}]\n`
        ).join("") + web("."),
    },
    /exceeds maximum node visit limit/,
  ],
  "merges of merges": [
    {
      "c.yaml": `x0: &x0 {a: 1}\n${
        list(40, (i) => `x${i + 1}: &x${i + 1} {<<: [*x${i}, *x${i}]}\n`)
      }`,
    },
    /exceeds maximum node visit limit/,
  ],
  "an anchor within itself": [{ "c.yaml": "services: &s\n  web:\n    x: *s\n" }, /contains itself/],
  "deep lists": [{ "c.yaml": `a: ${"[".repeat(20_000)}` }, /nested too deeply/],
  "deep mappings": [{ "c.yaml": web("{a: ".repeat(3000)) }, /nested too deeply/],
  "variables that are not closed": [
    { "c.yaml": web(`'${"${".repeat(100_000)}'`) },
    /invalid interp/,
  ],
  "10 MB of text": [{ "c.yaml": `a: "${"x".repeat(10_000_000)}"\n` }, readSteps],
  "a million variables": [{ "c.yaml": web(`'${"${".repeat(1_000_000)}'`) }, readSteps],
};
for (const [name, [files, message]] of Object.entries(compose)) {
  Deno.test(`limits of compose files: ${name}`, async () => {
    match(await composeError(files), message);
  });
}

Deno.test("limits of definitions: a list of 150,000 entries is no nesting", async () => {
  await readHcl([{ name: "b.hcl", text: `x = [${list(150_000, () => "1,")}]` }]);
});
