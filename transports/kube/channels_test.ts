import assert from "node:assert/strict";
import { fakeStream } from "../../tests/transports/fake_stream.ts";
import type { ByteStream } from "../byte_stream.ts";
import { type ChannelEnd, channelStream, type ChannelUse } from "./channels.ts";
import { WebSocketClient } from "../net/websocket.ts";

/** Channels over a far side that sends these messages, and keeps what it is sent. */
function channels(messages: readonly (readonly number[])[], use: Partial<ChannelUse> = {}) {
  const bytes = messages.flatMap((message) => [0x82, message.length, ...message]);
  const { stream: below, sent, closed } = fakeStream(Uint8Array.from(bytes), 4, Infinity);
  const others: [number, string][] = [];
  const stream = channelStream(new WebSocketClient(below), {
    reads: 1,
    skips: 0,
    halfCloses: true,
    other: (channel, part) => void others.push([channel, new TextDecoder().decode(part)]),
    failure: () => Promise.resolve(undefined),
    suspect: () => Promise.resolve(undefined),
    ...use,
  });
  return { stream, sent, others, closed };
}

async function readAll(stream: ByteStream, size = 3): Promise<number[]> {
  const found: number[] = [];
  const into = new Uint8Array(size);
  for (let count; (count = await stream.read(into)) !== null;) {
    found.push(...into.subarray(0, count));
  }
  return found;
}

Deno.test("channels: one channel is read, the bytes of others go to the callback", async () => {
  const { stream, others } = channels([
    [1], // A server first sends an empty message.
    [1, 10, 11, 12, 13],
    [2, 97, 98],
    [],
    [1, 14],
    [3, 99],
    [255, 1],
  ]);
  assert.deepEqual(await readAll(stream), [10, 11, 12, 13, 14]);
  const text = (channel: number) =>
    others.filter(([from]) => from === channel).map(([, part]) => part).join("");
  assert.equal(text(2), "ab");
  assert.equal(text(3), "c");
  assert.equal(await stream.read(new Uint8Array(1)), null, "the end stays the end");
  await assert.rejects(stream.write(new Uint8Array(1)), Deno.errors.BrokenPipe);
  stream.close();
});

Deno.test("channels: the first bytes of each channel are skipped, however they are split", async () => {
  for (const messages of [[[0, 7, 0], [1, 7, 0]], [[0, 7], [1, 7, 0], [0, 0]]]) {
    const { stream, others } = channels([...messages, [0, 5, 6], [1, 104, 105], [0, 8]], {
      reads: 0,
      skips: 2,
    });
    assert.deepEqual(await readAll(stream), [5, 6, 8]);
    assert.equal(others.map(([, part]) => part).join(""), "hi");
    stream.close();
  }
});

Deno.test("channels: an end that has a reason", async () => {
  const seen: boolean[] = [];
  const failure = ({ any }: ChannelEnd) => {
    seen.push(any);
    return Promise.resolve(new Error("exit code 1"));
  };
  const { stream, closed } = channels([[1, 5]], { failure });
  await assert.rejects(readAll(stream), /exit code 1/);
  await assert.rejects(stream.read(new Uint8Array(1)), /exit code 1/);
  await assert.rejects(stream.write(new Uint8Array(1)), /exit code 1/);
  assert.deepEqual(seen, [true], "it is asked once");
  assert(closed());
  const silent = channels([], { failure });
  await assert.rejects(silent.stream.read(new Uint8Array(1)), /exit code 1/);
  assert.deepEqual(seen, [true, false]);
});

Deno.test("channels: a half-close, where the protocol has a message for it", async () => {
  const v5 = channels([]);
  await v5.stream.closeWrite();
  // Two bytes of payload, masked.
  assert.deepEqual(v5.sent.map((frame) => [frame[0], frame[1]]), [[0x82, 0x82]]);
  const v4 = channels([], { halfCloses: false });
  await v4.stream.closeWrite();
  assert.deepEqual(v4.sent, []);
  for (const { stream } of [v5, v4]) stream.close();
});

Deno.test("channels: closed", async () => {
  const { stream } = channels([[1, 5]]);
  stream.close();
  stream.close();
  await assert.rejects(stream.read(new Uint8Array(1)), /the stream was closed/);
  await assert.rejects(stream.write(new Uint8Array(1)), /the stream was closed/);
});
