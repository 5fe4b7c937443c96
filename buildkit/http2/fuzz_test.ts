/**
 * Any bytes of a peer, cut at any place, end in an Http2Error or in waiting for more. They never
 * cause an exception of another kind, a hang, or memory beyond the limits. The random numbers are
 * the same in each run.
 */
import assert from "node:assert/strict";
import { OK, Recorder, REQUEST } from "../../tests/http2/pair.ts";
import { block, Flag, Frame, frame, goaway, headers, join } from "../../tests/http2/raw.ts";
import { PREFACE, rstStream, SETTINGS, settings, windowUpdate } from "../../tests/http2/raw.ts";
import { HpackDecoder } from "./hpack.ts";
import { Connection } from "./connection.ts";
import { Code, Http2Error } from "./errors.ts";
import { SendQueue } from "./send_queue.ts";
import { seeded } from "../../tests/harness/random.ts";

/** Two sessions that make sense, as their peer sends them. */
const TO_CLIENT = join(
  SETTINGS,
  settings(4, 100_000),
  frame(Frame.SETTINGS, Flag.ACK, 0),
  windowUpdate(0, 100_000),
  headers(1, [...OK, ["content-type", "application/grpc"]]),
  frame(Frame.DATA, 0, 1, "hello"),
  frame(Frame.PING, 0, 0, "12345678"),
  frame(Frame.DATA, Flag.PADDED, 1, [2, 65, 0, 0]),
  frame(Frame.HEADERS, Flag.END_STREAM, 1, block([["grpc-status", "0"]]).subarray(0, 3)),
  frame(Frame.CONTINUATION, Flag.END_HEADERS, 1, block([["grpc-status", "0"]]).subarray(3)),
  headers(3, OK, Flag.END_STREAM),
  rstStream(5, 8),
  goaway(5, 0, "bye"),
);
const TO_SERVER = join(
  PREFACE,
  SETTINGS,
  windowUpdate(0, 100_000),
  headers(1, REQUEST),
  frame(Frame.DATA, 0, 1, "hello"),
  headers(3, REQUEST, Flag.END_STREAM),
  frame(Frame.PRIORITY, 0, 3, [0, 0, 0, 1, 7]),
  frame(Frame.DATA, Flag.END_STREAM, 1, "x".repeat(300)),
  headers(5, REQUEST),
  rstStream(5, 8),
  frame(0x77, 1, 2, "unknown"),
  settings(4, 10),
  goaway(0, 0),
);

/** Feeds `bytes` in pieces and pulls in between; checks what must hold whatever they are. */
function run(role: "client" | "server", bytes: Uint8Array, random: () => number): boolean {
  let closed = 0;
  const recorders: Recorder[] = [];
  const listen = () => {
    const recorder = new Recorder();
    recorders.push(recorder);
    return recorder;
  };
  const connection = new Connection(role, {
    limits: { maxHeaderList: 4096, connectionWindow: 65_535, streamWindow: 10_000 },
    onClosed(error) {
      closed++;
      // An internal error would be a mistake of ours.
      assert.equal(error?.cause, undefined);
    },
    onStream(stream) {
      const recorder = listen();
      recorder.stream = stream;
      stream.sendHeaders(OK);
      stream.attach(new SendQueue());
      stream.source && (stream.source as SendQueue).push(new Uint8Array(20_000));
      stream.end();
      return recorder;
    },
  });
  if (role === "client") {
    for (let i = 0; i < 3; i++) {
      const recorder = listen();
      const source = new SendQueue();
      source.push(new Uint8Array(50_000));
      recorder.stream = connection.openStream(REQUEST, recorder, { source });
    }
  }
  const out = new Uint8Array(30_000);
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() ** 3 * 200);
    connection.receive(bytes.slice(at, at + size));
    at += size;
    const promised = connection.available();
    const room = out.subarray(0, 1 + Math.floor(random() * out.length));
    const count = connection.pull(room);
    assert.ok(count >= Math.min(promised, room.length));
  }
  const survived = !connection.over;
  connection.lost();
  assert.equal(closed, 1);
  for (const recorder of recorders) assert.equal(recorder.closedTimes, 1);
  return survived;
}

for (const [role, valid] of [["client", TO_CLIENT], ["server", TO_SERVER]] as const) {
  Deno.test(`fuzz: a valid session survives for the ${role}, however it is cut`, () => {
    const random = seeded(1);
    for (let i = 0; i < 200; i++) {
      const survived = run(role, valid, random);
      assert.equal(survived, true);
    }
  });

  Deno.test(`fuzz: mutated sessions for the ${role}`, () => {
    const random = seeded(2);
    const pick = (below: number) => Math.floor(random() * below);
    for (let i = 0; i < 1500; i++) {
      const bytes = Array.from(valid);
      const safe = role === "server" ? PREFACE.length : 0;
      for (let n = 1 + pick(4); n > 0; n--) {
        const at = safe + pick(bytes.length - safe);
        const kind = pick(5);
        if (kind === 0) bytes[at] = pick(256);
        else if (kind === 1) bytes[at] = bytes[at]! ^ (1 << pick(8));
        else if (kind === 2) bytes.splice(at, 1 + pick(20));
        else if (kind === 3) bytes.splice(at, 0, ...bytes.slice(at, at + pick(60)));
        else bytes.splice(at, 0, ...Array.from({ length: pick(20) }, () => pick(256)));
      }
      run(role, Uint8Array.from(bytes), random);
    }
  });

  Deno.test(`fuzz: random frames for the ${role}`, () => {
    const random = seeded(3);
    const pick = (below: number) => Math.floor(random() * below);
    for (let i = 0; i < 1000; i++) {
      const frames = role === "server" ? [PREFACE, SETTINGS] : [SETTINGS];
      for (let n = pick(20); n >= 0; n--) {
        const payload = Array.from({ length: pick(30) }, () => pick(4) === 0 ? pick(256) : pick(4));
        frames.push(frame(pick(11), pick(64), pick(7), payload));
      }
      run(role, join(...frames), random);
    }
  });

  Deno.test(`fuzz: random bytes for the ${role}`, () => {
    const random = seeded(4);
    const start = role === "server" ? join(PREFACE, SETTINGS) : SETTINGS;
    for (let i = 0; i < 1000; i++) {
      const noise = Uint8Array.from({ length: 300 }, () => Math.floor(random() ** 2 * 256));
      run(role, i % 2 === 0 ? noise : join(start, noise), random);
    }
  });
}

Deno.test("fuzz: HPACK blocks", () => {
  const random = seeded(5);
  const decoder = new HpackDecoder(4096);
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => random() * 256);
    try {
      const list = decoder.decode(bytes);
      const size = (list ?? []).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      assert.ok(size <= 4096);
    } catch (error) {
      assert.ok(error instanceof Http2Error && error.code === Code.COMPRESSION_ERROR, `${error}`);
    }
  }
});
