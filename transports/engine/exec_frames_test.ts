import assert from "node:assert/strict";
import { readText } from "../../tests/transports/contract_help.ts";
import { fakeStream } from "../../tests/transports/fake_stream.ts";
import { FrameError, readFrames } from "./exec_frames.ts";

function frame(kind: number, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const head = new Uint8Array(8);
  head[0] = kind;
  new DataView(head.buffer).setUint32(4, bytes.length);
  return new Uint8Array([...head, ...bytes]);
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
        fakeStream(bytes, size).stream.read,
        (part) => other += new TextDecoder().decode(part),
      );
      assert.equal(await readText({ read }, room), `a${long}z`);
      assert.equal(other, "oh dear!");
      assert.equal(await read(new Uint8Array(room)), null);
    });
  }
}

Deno.test("frames that are cut off, and bytes that are no frame", async () => {
  for (const cut of [3, 8, 9]) {
    const read = readFrames(fakeStream(frame(1, "hello").subarray(0, cut)).stream.read, () => {});
    const error = new FrameError("the engine's stream ended inside a frame");
    await assert.rejects(readText({ read }, 10), error);
  }
  const read = readFrames(fakeStream("HTTP/1.1 200 OK").stream.read, () => {});
  await assert.rejects(readText({ read }), /has no frames: it continues with "HTTP\/1.1 200 OK"/);
});
