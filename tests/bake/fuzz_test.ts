/**
 * Reading any definition ends with a definition or with an error of ours: no crash, no hang, no
 * memory without bounds. Seeds are fixed, so that a failure can be repeated.
 */
import { ok } from "node:assert/strict";
import { printTargets } from "../../bake/definition/print.ts";
import { resolveTargets } from "../../bake/definition/resolve.ts";
import { UsageError } from "../../base/usage_error.ts";
import { goldenFiles, readCases } from "./golden.ts";
import { readHcl } from "./read_hcl.ts";
import { seededBelow } from "../harness/random.ts";

/** Returns "read", or the error's message. Throws any error that is not about the definition. */
async function read(data: Uint8Array<ArrayBuffer> | string, name = "b.hcl"): Promise<string> {
  try {
    const builtins = new Map([["BAKE_CMD_CONTEXT", "cwd://"]]);
    const definition = await readHcl([{ name, text: data }], { builtins });
    const names = definition.targets.map((target) => target.name);
    if (names.length > 0) {
      printTargets(resolveTargets(definition, { names, overrides: [], env: () => undefined }));
    }
    return "read";
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw new Error(`a definition of ${data.length} broke it`, { cause: error });
  }
}

const texts = goldenFiles("definitions").flatMap((name) => readCases("definitions", name))
  .flatMap(({ files }) => files);

Deno.test("bake: random bytes", async () => {
  const next = seededBelow(1);
  for (let i = 0; i < 500; i++) {
    const bytes = Uint8Array.from({ length: next(200) }, () => next(256));
    await read(bytes, ["b.hcl", "b.json", "b"][i % 3]);
  }
});

Deno.test("bake: random pieces of the language", async () => {
  const next = seededBelow(2);
  const pieces =
    'target "a" { } [ ] ( ) ${ %{ } ~} " \\ \n = : , . ... * [*] for in if => ? ! - + && == x a.b 1 ' +
    "1.5e9 null true <<E\n E\n # // /* */ upper( jsonencode( variable function group default";
  const words = pieces.split(" ");
  for (let i = 0; i < 3000; i++) {
    let text = i % 2 === 0 ? "x = " : "";
    for (let n = next(25); n > 0; n--) text += words[next(words.length)] + (next(3) ? " " : "");
    await read(text);
  }
});

Deno.test("bake: samples with changes in them", async () => {
  const next = seededBelow(3);
  for (let round = 0; round < 4; round++) {
    for (const { name, text } of texts) {
      const bytes = new TextEncoder().encode(text);
      for (let n = 1 + next(4); n > 0 && bytes.length > 0; n--) {
        const at = next(bytes.length);
        if (next(3) === 0) bytes.copyWithin(at, next(bytes.length), next(bytes.length));
        else bytes[at] = next(3) ? bytes[next(bytes.length)]! : next(256);
      }
      await read(next(5) ? bytes : bytes.slice(0, next(bytes.length + 1)), name);
    }
  }
});

Deno.test("bake: deep nesting is an error", async () => {
  const deep = 5000;
  const around = (open: string, inner: string, close: string) =>
    open.repeat(deep) + inner + close.repeat(deep);
  const cases = [
    `x = ${around("(", "1", ")")}`,
    `x = ${around("[", "1", "]")}`,
    `x = ${around("{a=", "1", "}")}`,
    `x = ${around("upper(", '"a"', ")")}`,
    `x = ${around('"${', "1", '}"')}`,
    `x = ${around("[for a in ", "[]", ": a]")}`,
    `x = ${"!".repeat(deep)}true`,
    `x = ${"-".repeat(deep)}1`,
    `x = ${"true ? 1 : ".repeat(deep)}1`,
    `x = 1${"[*]".repeat(deep)}`,
    `x = "${"%{ if true }".repeat(deep)}"`,
    around("a {\n", "", "}\n"),
    `x = ${"[".repeat(deep)}`,
  ];
  for (const text of cases) ok(/ed too deeply/.test(await read(text)), text.slice(0, 20));
  for (
    const text of [
      around("[", "1", "]"),
      around('{"a":', "1", "}"),
      `{"x": ${around("[", "1", "]")}}`,
    ]
  ) {
    ok(/ed too deeply/.test(await read(text, "b.json")), text.slice(0, 20));
  }
});

Deno.test("bake: long definitions that are not deep are read", async () => {
  const long = 20_000;
  const chain = Array.from({ length: long }, (_, i) => i);
  const cases = [
    `x = ${chain.join(" + ")}`,
    `x = ${chain.map(() => "true").join(" && ")}`,
    `x = [${chain.join(", ")}]`,
    `x = "${chain.map((i) => `\${${i}}`).join("")}"`,
    chain.map((i) => `v${i} = ${i}`).join("\n"),
    chain.slice(0, 4000).map((i) => `target "t${i}" { args = { a = ${i} } }`).join("\n"),
    `x = {a = {}}.a${"[*]".repeat(50)}`,
  ];
  for (const text of cases) ok(await read(text) === "read", text.slice(0, 20));
});

Deno.test("bake: too long chains of names are an error", async () => {
  const long = 20_000;
  const each = (line: (i: number) => string) =>
    Array.from({ length: long }, (_, i) => line(i)).join("\n");
  const cases = [
    `${each((i) => `v${i} = v${i + 1}`)}\nv${long} = 1`,
    each((i) => `function "f${i}" {\n params = []\n result = f${i + 1}()\n}`),
    each((i) => `target "t${i}" { inherits = ["t${i + 1}"] }`),
    each((i) => `target "t${i}" { contexts = { a = "target:t${i + 1}" } }`),
    each((i) => `target "t${i}" { tags = target.t${i + 1}.tags }`),
  ];
  for (const text of cases) ok(await read(text) !== "read", text.slice(0, 30));
});

/** `limits_test.ts` has more ways to grow. */
Deno.test("bake: endless growth is an error", async () => {
  const doubling = (first: string, twice: (name: string) => string) =>
    `v0 = ${first}\n` +
    Array.from({ length: 60 }, (_, i) => `v${i + 1} = ${twice(`v${i}`)}`).join("\n");
  const cases = [
    doubling("{}", (name) => `{a = ${name}, b = ${name}}`),
    doubling("[1]", (name) => `concat(${name}, ${name})`),
    "x = range(1e9)",
  ];
  for (const text of cases) ok(await read(text) !== "read", text.slice(0, 60));
});

Deno.test("bake: files of a mebibyte", async () => {
  const size = 1 << 20;
  const fill = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
  const pieces = [
    ...["/*", "#", "\n", " ", "\r\n", '"', "${", "%"],
    ...["$$", "{", "}", "a ", "a.", "1.", "1e", "x = 1\n"],
    ...["x = <<E\n", '"${', "\\", "\ufeff", "é", "[", ",", "a="],
    ...['x = "a" # b\n', "\u0301", "::", "?", "<<-A\n"],
  ];
  for (const [i, piece] of pieces.entries()) {
    // All pieces in all places would take a minute. These are enough to find quadratic time.
    const head = ["", "x = ", 'x = "', "x = <<E\n"][i % 4]!;
    await read(head + fill(piece));
    await read((i % 2 === 0 ? '{"a":' : '"') + fill(piece), "b.json");
  }
  await read(new Uint8Array(size));
  await read(new Uint8Array(size).fill(0xff));
});
