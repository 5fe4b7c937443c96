import assert from "node:assert/strict";
import { joinBytes } from "../../base/bytes.ts";
import { says } from "../../tests/transports/says.ts";
import { fakeStream } from "../../tests/transports/fake_stream.ts";
import { FRAME_BYTES, WebSocketClient, WebSocketError, webSocketUpgrade } from "./websocket.ts";

/** A WebSocket whose far side gives these bytes, `most` at a time. */
function farSide(bytes: readonly number[], most = Infinity) {
  const { stream, sent } = fakeStream(Uint8Array.from(bytes), most, 1000);
  return { socket: new WebSocketClient(stream), sent: () => [...joinBytes(sent)] };
}

/** Every message's bytes, read `size` at a time. */
async function messages(socket: WebSocketClient, size = 7): Promise<number[][]> {
  const found: number[][] = [];
  for (let frame; (frame = await socket.frame()) !== undefined;) {
    if (frame.begins) found.push([]);
    const into = new Uint8Array(size);
    while (socket.left > 0) found.at(-1)!.push(...into.subarray(0, await socket.read(into)));
  }
  return found;
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i % 251);
const CLOSE = [0x88, 2, 3, 232];

Deno.test("a WebSocket's frames of all lengths, however they come", async () => {
  const frames = [
    ...[0x82, 0],
    ...[0x82, 3, 1, 2, 3],
    ...[0x82, 126, 0, 200, ...range(200)],
    ...[0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70, ...range(70_000)],
    // In parts, with a ping between them.
    ...[0x02, 2, 8, 9, 0x89, 1, 7, 0x00, 1, 10, 0x80, 1, 11],
    ...CLOSE,
  ];
  for (const [most, size] of [[1, 7], [3, 100_000], [Infinity, 7], [Infinity, 100_000]]) {
    const { socket, sent } = farSide(frames, most);
    const found = await messages(socket, size);
    assert.deepEqual(found, [[], [1, 2, 3], range(200), range(70_000), [8, 9, 10, 11]]);
    assert.deepEqual(unmasked(sent()), [[0x8a, [7]]], "the ping is answered");
  }
});

/** Opcode byte and payload of each frame that a client has sent. */
function unmasked(sent: number[]): [number, number[]][] {
  const found: [number, number[]][] = [];
  for (let at = 0; at < sent.length;) {
    const [first, second] = [sent[at]!, sent[at + 1]!];
    assert(second & 0x80, "a client masks");
    at += 2;
    let length = second & 0x7f;
    if (length === 126) {
      length = sent[at]! * 256 + sent[at + 1]!;
      at += 2;
    }
    const key = sent.slice(at, at += 4);
    found.push([first, sent.slice(at, at += length).map((byte, i) => byte ^ key[i % 4]!)]);
  }
  return found;
}

Deno.test("a WebSocket's messages are masked, whole and in order", async () => {
  const { socket, sent } = farSide([]);
  const long = Uint8Array.from(range(FRAME_BYTES - 1));
  await Promise.all([
    socket.send(Uint8Array.of(0), Uint8Array.of(1, 2, 3, 4, 5)),
    socket.send(Uint8Array.of(0), long),
    socket.ping(),
    socket.send(Uint8Array.of(255, 0), new Uint8Array()),
  ]);
  const frames = unmasked(sent());
  assert.deepEqual(frames, [
    [0x82, [0, 1, 2, 3, 4, 5]],
    [0x82, [0, ...long]],
    [0x89, []],
    [0x82, [255, 0]],
  ]);
});

Deno.test("a WebSocket server that breaks the protocol", async () => {
  const bad: [number[], RegExp][] = [
    [[0x82, 0x81, 1, 2, 3, 4, 5], /reserved bits or a mask/],
    [[0xc2, 0], /reserved bits or a mask/],
    [[0x83, 0], /the unknown kind 3/],
    [[0x89, 126, 0, 200, ...range(200)], /the unknown kind 9/],
    [[0x82], /ended inside a frame/],
    [[0x82, 5, 1, 2], /ended inside a frame/],
  ];
  for (const [bytes, expected] of bad) {
    await assert.rejects(messages(farSide(bytes).socket), says(WebSocketError, expected));
  }
  assert.deepEqual(await messages(farSide([]).socket), [], "an end between frames is an end");
});

Deno.test("a WebSocket's upgrade", async () => {
  const upgrade = webSocketUpgrade(["v5", "v4"]);
  assert.equal(upgrade.headers["Sec-WebSocket-Protocol"], "v5, v4");
  const key = upgrade.headers["Sec-WebSocket-Key"];
  const bytes = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const accept = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
  const answer = (headers: [string, string][]) =>
    upgrade.accepted({ status: 101, line: "", headers: new Map(headers) });
  const accepted: [string, string] = ["sec-websocket-accept", accept];
  assert.equal(await answer([accepted, ["sec-websocket-protocol", "v4"]]), "v4");
  await assert.rejects(answer([accepted]), /speaks no protocol by name, and not v5 or v4/);
  await assert.rejects(answer([accepted, ["sec-websocket-protocol", "v3"]]), /speaks v3/);
  await assert.rejects(answer([["sec-websocket-accept", "x"]]), /not answered by a WebSocket/);
});
