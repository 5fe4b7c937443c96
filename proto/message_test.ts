/** Against bytes written down by hand, from the encoding's own description. */
import assert from "node:assert/strict";
import { type Codec, message } from "./message.ts";

interface Inner {
  id: bigint;
}

interface Outer {
  name: string;
  count: number;
  flag: boolean | undefined;
  data: Uint8Array;
  sizes: bigint[];
  words: string[];
  inner: Inner | undefined;
  inners: Inner[];
  labels: { [key: string]: string };
  byNumber: Map<bigint, Inner>;
  choice: { $case: "text"; text: string } | { $case: "one"; one: Inner } | undefined;
}

const Inner: Codec<Inner> = message<Inner>(() => ({ id: [1, "int64"] }));
const Outer: Codec<Outer> = message<Outer>(() => ({
  name: [1, "string"],
  count: [2, "int32"],
  flag: [3, "bool", "optional"],
  data: [4, "bytes"],
  sizes: [5, "int64", "list"],
  words: [6, "string", "list"],
  inner: [7, Inner],
  inners: [8, Inner, "list"],
  labels: [9, "string", "map", "string"],
  byNumber: [10, Inner, "map", "int64"],
  choice: { text: [11, "string"], one: [20, Inner] },
}));

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));
const hex = (values: Parameters<typeof Outer.fromPartial>[0]) =>
  Outer.encode(Outer.fromPartial(values)).finish().toHex();

const known: [string, Parameters<typeof Outer.fromPartial>[0], string][] = [
  ["nothing", {}, ""],
  ["a string", { name: "testing" }, "0a 07 74657374696e67"],
  ["a number", { count: 150 }, "10 9601"],
  ["a negative number", { count: -1 }, "10 ffffffffffffffffff01"],
  ["a zero that was set", { flag: false }, "18 00"],
  ["bytes", { data: new Uint8Array([1, 2]) }, "22 02 0102"],
  ["numbers, packed", { sizes: [3n, 270n, 86942n] }, "2a 06 03 8e02 9ea705"],
  ["strings, an empty one too", { words: ["a", ""] }, "32 01 61 32 00"],
  ["a message", { inner: { id: 150n } }, "3a 03 08 9601"],
  ["an empty message", { inner: {} }, "3a 00"],
  ["messages", { inners: [{ id: 1n }, {}] }, "42 02 0801 42 00"],
  ["a map", { labels: { a: "b" } }, "4a 06 0a 01 61 12 01 62"],
  ["a map by numbers", { byNumber: new Map([[5n, { id: 1n }]]) }, "52 06 08 05 12 02 0801"],
  ["one of several", { choice: { $case: "text", text: "" } }, "5a 00"],
  ["the other", { choice: { $case: "one", one: { id: 1n } } }, "a201 02 0801"],
];

for (const [what, values, encoded] of known) {
  Deno.test(`message: ${what}`, () => {
    assert.equal(hex(values), encoded.replaceAll(" ", ""));
    assert.deepEqual(Outer.decode(bytes(encoded)), Outer.fromPartial(values));
  });
}

Deno.test("message: numbers that are not packed, and unknown fields of each wire type", () => {
  const decoded = Outer.decode(bytes(
    "28 03 28 05  c00c 01  c10c 0102030405060708  c20c 01 ff  c50c 01020304  10 07",
  ));
  assert.deepEqual(decoded, Outer.fromPartial({ sizes: [3n, 5n], count: 7 }));
});

Deno.test("message: a field of a wire type that is not its own is skipped", () => {
  assert.deepEqual(Outer.decode(bytes("08 05 12 01 61 10 07")), Outer.fromPartial({ count: 7 }));
});

Deno.test("message: the last of several counts", () => {
  assert.equal(Outer.decode(bytes("10 01 10 02")).count, 2);
  assert.deepEqual(Outer.decode(bytes("5a 01 61 a201 00")).choice, {
    $case: "one",
    one: { id: 0n },
  });
});

Deno.test("message: an entry without a key, or without a value, has zeros there", () => {
  assert.deepEqual(Outer.decode(bytes("4a 00")).labels, { "": "" });
  assert.deepEqual(Outer.decode(bytes("52 00")).byNumber, new Map([[0n, { id: 0n }]]));
});

Deno.test("message: what is no message throws", () => {
  for (const broken of ["0a", "0a 05 61", "10", "10 ffffffffffffffffffffff", "0c", "00", "3a 05"]) {
    assert.throws(() => Outer.decode(bytes(broken)), broken);
  }
});

Deno.test("message: messages may lie in each other 100 deep, and no deeper", () => {
  interface Deep {
    deep: Deep | undefined;
  }
  const Deep: Codec<Deep> = message<Deep>(() => ({ deep: [1, Deep] }));
  const nested = (levels: number) => {
    let value: Deep = { deep: undefined };
    for (let i = 0; i < levels; i++) value = { deep: value };
    return Deep.encode(value).finish();
  };
  assert.equal(Deep.encode(Deep.decode(nested(100))).finish().length, nested(100).length);
  assert.throws(() => Deep.decode(nested(101)), /too deep/);
});
