/**
 * A daemon that breaks HTTP/2 and gRPC: floods, bombs, answers without sense. `fairlead` ends soon
 * with an error that names the daemon, and its memory stays bounded.
 */
import { memoryHeld } from "./attack.ts";
import assert from "node:assert/strict";
import { errorLines, runFairlead } from "../harness/inside.ts";
import {
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  headerBlock,
  HEADERS,
  PING,
  type RawConnection,
  rawServer,
  SETTINGS,
  WINDOW_UPDATE,
} from "./raw_http2.ts";
import { removedLater } from "../harness/remove_folder.ts";

const LATEST = 20_000;
/** Bytes by which the process may grow, its test server included. */
const MOST = 400 << 20;

type Headers = [string, string][];
const start: Headers = [[":status", "200"], ["content-type", "application/grpc"]];

/** Answers every stream alike: headers, and no body. */
const answers = (...blocks: Headers[]) => async (connection: RawConnection) => {
  for (;;) {
    const id = await connection.nextStream();
    for (const [i, block] of blocks.entries()) {
      const flags = END_HEADERS | (i === blocks.length - 1 ? END_STREAM : 0);
      await connection.write(frame(HEADERS, flags, id, headerBlock(block)));
    }
  }
};

/** Writes the same bytes until the client has gone. */
const floods =
  (bytes: (id: number) => Uint8Array, least = 1) => async (connection: RawConnection) => {
    const id = await connection.nextStream();
    const one = bytes(id);
    const many = new Uint8Array(one.length * Math.ceil((64 << 10) / one.length));
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    for (let i = 0; i < 20_000 * least; i++) if (!await connection.write(many)) return;
  };

/** One header of 4 KiB in the dynamic table, and then a thousand references of one byte to it. */
function expansion(id: number): Uint8Array {
  const name = new TextEncoder().encode("x");
  const literal = [0x40, 1, ...name, 0x7f, 0x81, 0x1e, ...new Uint8Array(3968).fill(0x61)];
  return frame(
    HEADERS,
    END_HEADERS,
    id,
    new Uint8Array([0x88, ...literal, ...new Uint8Array(12_000).fill(0xbe)]),
  );
}

const statuses = [
  ...["zero", "", "-1", "1e3", "99999999999999999999", "2147483648", "0x2", "\u00e9", "16 "],
];
const messages = ["%", "%zz%41", "%00%1b%5b2J%0d", "x".repeat(60_000), "%e2%28%a1"];

const attacks: [name: string, attack: (connection: RawConnection) => Promise<void>][] = [
  ...statuses.map((status): (typeof attacks)[0] => [
    `grpc-status ${JSON.stringify(status)}`,
    answers(start, [["grpc-status", status], ["grpc-message", "no"]]),
  ]),
  ...messages.map((message): (typeof attacks)[0] => [
    `grpc-message ${message.slice(0, 12)}`,
    answers(start, [["grpc-status", "2"], ["grpc-message", message]]),
  ]),
  ["no status at all", answers(start, [["x", "y"]])],
  [
    "details that are none",
    answers(start, [["grpc-status", "2"], ["grpc-status-details-bin", "%%%"]]),
  ],
  ["an answer of a web server", answers([[":status", "502"], ["content-type", "text/html"]])],
  [":status of nonsense", answers([[":status", "x"]])],
  ["no :status", answers([["x", "y"]])],
  ["headers twice", answers(start, start, start)],
  ["a table that expands", async (connection) => {
    for (;;) await connection.write(expansion(await connection.nextStream()));
  }],
  ["CONTINUATION without end", async (connection) => {
    const id = await connection.nextStream();
    await connection.write(frame(HEADERS, 0, id, headerBlock(start)));
    while (
      await connection.write(frame(CONTINUATION, 0, id, headerBlock([["x", "y".repeat(8000)]])))
    );
  }],
  ["empty CONTINUATION without end", async (connection) => {
    const id = await connection.nextStream();
    await connection.write(frame(HEADERS, 0, id, headerBlock(start)));
    const many = new Uint8Array(9 * 8192);
    for (let at = 0; at < many.length; at += 9) many.set(frame(CONTINUATION, 0, id), at);
    while (await connection.write(many));
  }],
  ["SETTINGS without end", floods(() => frame(SETTINGS, 0, 0))],
  ["PING without end", floods(() => frame(PING, 0, 0, new Uint8Array(8)))],
  ["GOAWAY without end", floods(() => frame(GOAWAY, 0, 0, new Uint8Array(8)))],
  ["a GOAWAY of 16 KiB with a text", async (connection) => {
    const text = new TextEncoder().encode("\x1b[2J\r[auth] x".repeat(1000));
    await connection.write(frame(GOAWAY, 0, 0, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 11, ...text])));
    await connection.nextStream();
  }],
  [
    "a window beyond all bounds",
    floods(() => frame(WINDOW_UPDATE, 0, 0, [0x7f, 0xff, 0xff, 0xff])),
  ],
  ["a window of 0", floods((id) => frame(WINDOW_UPDATE, 0, id, [0, 0, 0, 0]))],
  ["frames of no type without end", floods(() => frame(99, 0, 0, new Uint8Array(16)))],
  ["empty DATA without end", floods((id) => frame(0, 0, id))],
  ["a frame of 16 MiB", async (connection) => {
    await connection.write(new Uint8Array([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]));
  }],
  [
    "streams of the server's own",
    floods((id) => frame(HEADERS, END_HEADERS, id + 1, headerBlock(start))),
  ],
];

for (const [name, attack] of attacks) {
  Deno.test({
    name: `hostile HTTP/2: ${name}`,
    // The server's last write may end only after the test: it is the attack's, not fairlead's.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async () => {
    const home = await Deno.makeTempDir({ prefix: "fl-raw-" });
    await using _ = removedLater(home);
    await using server = rawServer(attack);
    const before = memoryHeld();
    const ended = await runFairlead({
      host: server.address,
      args: ["--connect-timeout", "3s", "du"],
      home,
    });
    const grown = memoryHeld() - before;
    assert.ok(ended.ms <= LATEST, `it took ${ended.ms} ms`);
    assert.ok(ended.code > 0 && ended.code !== 130, `exit ${ended.code}`);
    assert.equal(errorLines(ended).length, 1, ended.stderr.slice(0, 1000));
    assert.doesNotMatch(ended.stderr, /^\s+at \S+ |is a bug/m, ended.stderr.slice(0, 1000));
    assert.ok(grown < MOST, `it grew by ${grown} bytes`);
  });
}
