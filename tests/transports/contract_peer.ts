/** The cases that need a peer at the far side, which the test commands. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ByteStream } from "../../transports/byte_stream.ts";
import type { Case } from "./contract.ts";
import { writeAll } from "../../base/bytes.ts";
import { readExactly, soon } from "../../transports/contract/expect.ts";
import { readText, sleep } from "./contract_help.ts";
import { patternAt } from "./pattern.ts";

const SIZE = 64 << 20;
/** More than the buffers on the way hold: ours, pipes', and 10 MB at each of four sockets. */
const BUFFERED = 64 << 20;

/** By title. */
export const peerCases: Readonly<Record<string, Case>> = {
  "64 MiB each way at once, with a slow reader": async (open) => {
    const { stream } = await open(`both ${SIZE}`);
    const sent = createHash("sha256");
    const [got] = await Promise.all([slowly(stream, SIZE), send(stream, sent)]);
    const expected = createHash("sha256");
    for (let at = 0; at < SIZE; at += 1 << 20) expected.update(patternAt(at, 1 << 20));
    assert.equal(got, expected.digest("hex"), "what came down");
    assert.equal(await readText(stream), sent.digest("hex"), "what went up");
    stream.close();
  },

  "a reader that pauses stops the writer": async (open) => {
    const { stream } = await open("flood pausing");
    await readExactly(stream, 1);
    for (let before = -1, sent = 0; before !== sent;) {
      before = sent;
      await sleep(300);
      const { stream: other } = await open("ask pausing");
      sent = Number(await readText(other));
      other.close();
      assert(sent < BUFFERED, `${sent} bytes left the peer while nobody read them`);
    }
    stream.close();
  },

  "a writer stops when the far side doesn't read": async (open) => {
    const { stream } = await open("wait");
    let taken = 0;
    const bytes = patternAt(0, 256 << 10);
    const writing = (async () => {
      for (;;) taken += await stream.write(bytes);
    })().catch(() => {});
    for (let before = -1; before !== taken; await sleep(300)) before = taken;
    assert(taken < BUFFERED, `${taken} bytes were taken while nobody read them`);
    stream.close();
    await soon(writing, "the end of a write that hangs", 10_000);
  },

  "writes and reads of one byte": async (open) => {
    const { stream } = await open("echo");
    for (let i = 0; i < 500; i++) {
      assert.equal(await stream.write(Uint8Array.of(i)), 1);
      const into = new Uint8Array(1);
      assert.equal(await stream.read(into), 1);
      assert.equal(into[0], i % 256);
    }
    for (let i = 0; i < 500; i++) await writeAll(stream, Uint8Array.of(i));
    const back = await readExactly(stream, 500);
    assert.deepEqual(back, Uint8Array.from({ length: 500 }, (_, i) => i));
    stream.close();
  },

  "bytes before a half-close arrive": async (open) => {
    const { stream } = await open("echo");
    await writeAll(stream, patternAt(0, 100_000));
    const closing = stream.closeWrite();
    assert.deepEqual(await readExactly(stream, 100_000), patternAt(0, 100_000).slice());
    assert.equal(await stream.read(new Uint8Array(1)), null);
    assert.equal(await stream.read(new Uint8Array(1)), null, "the end stays the end");
    await closing;
    stream.close();
  },

  "closed without a read": async (open) => {
    const { stream } = await open("flood closing");
    stream.close();
  },

  "half-closed on the far side": async (open) => {
    const { stream } = await open("end half");
    assert.equal(await stream.read(new Uint8Array(1)), null);
    for (let i = 0; i < 16; i++) await writeAll(stream, patternAt(0, 64 << 10));
    await stream.closeWrite();
    const { stream: other } = await open("ask half");
    assert.equal(await readText(other), String(1 << 20), "bytes written after the far side's end");
    other.close();
    stream.close();
  },
};

async function send(stream: ByteStream, hash: ReturnType<typeof createHash>): Promise<void> {
  // A different part of the pattern from the one that comes down.
  for (let at = 0; at < SIZE;) {
    const part = patternAt(at + 777, Math.min(128 << 10, SIZE - at));
    const count = await stream.write(part);
    hash.update(part.subarray(0, count));
    at += count;
  }
  await stream.closeWrite();
}

async function slowly(stream: ByteStream, size: number): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(48 << 10);
  for (let got = 0, pause = 0; got < size;) {
    const count = await stream.read(buffer.subarray(0, size - got));
    assert(count !== null, `the stream ended after ${got} bytes`);
    hash.update(buffer.subarray(0, count));
    got += count;
    if (got >> 22 > pause) {
      pause = got >> 22;
      await sleep(10);
    }
  }
  return hash.digest("hex");
}
