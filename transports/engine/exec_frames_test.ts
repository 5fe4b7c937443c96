import assert from "node:assert/strict";
import { FrameError, readFrames } from "./exec_frames.ts";

function frame(kind: number, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const head = new Uint8Array(8);
  head[0] = kind;
  new DataView(head.buffer).setUint32(4, bytes.length);
  return new Uint8Array([...head, ...bytes]);
}

/** Hands out the bytes in pieces of `size`. */
function source(bytes: Uint8Array, size: number) {
  let at = 0;
  return (into: Uint8Array) => {
    if (at === bytes.length) return Promise.resolve(null);
    const part = bytes.subarray(at, at + Math.min(size, into.length));
    into.set(part);
    at += part.length;
    return Promise.resolve(part.length);
  };
}

const long = "0123456789".repeat(10_000);
const all = [
  frame(1, "a"),
  frame(2, "oh "),
  frame(1, ""),
  frame(2, "dear"),
  frame(1, long),
  frame(3, "!"),
  frame(1, "z"),
];

for (const size of [1, 7, 8, 9, 1000, 1 << 20]) {
  for (const room of [1, 5, 4096, 1 << 20]) {
    Deno.test(`frames in pieces of ${size}, read by ${room}`, async () => {
      let other = "";
      const bytes = new Uint8Array(all.flatMap((part) => [...part]));
      const read = readFrames(
        source(bytes, size),
        (part) => other += new TextDecoder().decode(part),
      );
      const into = new Uint8Array(room);
      let text = "";
      for (let n; (n = await read(into)) !== null;) {
        assert(n > 0);
        text += new TextDecoder().decode(into.subarray(0, n));
      }
      assert.equal(text, `a${long}z`);
      assert.equal(other, "oh dear!");
      assert.equal(await read(into), null);
    });
  }
}

Deno.test("frames that break off, and what is no frame", async () => {
  const into = new Uint8Array(10);
  for (const cut of [3, 8, 9]) {
    const read = readFrames(source(frame(1, "hello").subarray(0, cut), 100), () => {});
    await assert.rejects(async () => {
      while (await read(into) !== null);
    }, new FrameError("the engine's stream ended inside a frame"));
  }
  const read = readFrames(source(new TextEncoder().encode("HTTP/1.1 200 OK"), 100), () => {});
  await assert.rejects(read(into), /has no frames: it continues with "HTTP\/1.1 200 OK"/);
});
