import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { byteStreamOf } from "./streams.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

/** An echo of each kind. */
const kinds: Readonly<Record<string, () => unknown>> = {
  "a pair of web streams": () => new TransformStream<Uint8Array, Uint8Array>(),
  "a node Duplex": () => new PassThrough(),
  "a byte stream": () => {
    const inner = byteStreamOf(new TransformStream<Uint8Array, Uint8Array>())!;
    return { ...inner };
  },
};

for (const [name, make] of Object.entries(kinds)) {
  Deno.test(`${name} is a byte stream: bytes, and both ends`, async () => {
    const stream = byteStreamOf(make())!;
    const writing = stream.write(bytes("hello"));
    const into = new Uint8Array(3);
    assert.equal(await stream.read(into), 3);
    assert.equal(text(into), "hel");
    assert.equal(await stream.read(into), 2);
    assert.equal(await writing, 5);
    const closing = stream.closeWrite();
    assert.equal(await stream.read(into), null);
    assert.equal(await stream.read(into), null);
    await closing;
    stream.close();
    stream.close();
  });

  Deno.test(`${name} is a byte stream: closed while reading, and after`, async () => {
    const stream = byteStreamOf(make())!;
    const reading = assert.rejects(stream.read(new Uint8Array(1)));
    stream.close();
    await reading;
    await assert.rejects(stream.read(new Uint8Array(1)));
    await assert.rejects(stream.write(bytes("x")));
    await stream.closeWrite();
  });
}

Deno.test("bytes that were written may be changed at once by the writer", async () => {
  for (const name of ["a pair of web streams", "a node Duplex"]) {
    const stream = byteStreamOf(kinds[name]!())!;
    const from = bytes("first");
    const into = new Uint8Array(10);
    await Promise.race([stream.write(from), Promise.resolve()]);
    from.fill(0);
    assert.equal(await stream.read(into), 5);
    assert.equal(text(into.subarray(0, 5)), "first");
    stream.close();
  }
});

Deno.test("a node stream's error ends reads and writes", async () => {
  const duplex = new PassThrough();
  const stream = byteStreamOf(duplex)!;
  const reading = assert.rejects(stream.read(new Uint8Array(1)), /it broke/);
  duplex.destroy(new Error("it broke"));
  await reading;
  await assert.rejects(stream.write(bytes("x")), /it broke/);
  stream.close();
});

Deno.test("anything else is no stream", () => {
  for (const value of [undefined, null, 1, "x", {}, { readable: 1, writable: 2 }, { read() {} }]) {
    assert.equal(byteStreamOf(value), undefined);
  }
});
