import assert from "node:assert/strict";
import { OK, Recorder, REQUEST } from "../../tests/http2/pair.ts";
import { block, Flag, Frame, frame, goaway, headers, join } from "../../tests/http2/raw.ts";
import { PREFACE, Reader, rstStream, SETTINGS, settings, uint32 } from "../../tests/http2/raw.ts";
import { windowUpdate } from "../../tests/http2/raw.ts";
import { Connection } from "./connection.ts";
import { Code, Http2Error, NotHttp2Error } from "./errors.ts";
import { SendQueue } from "./send_queue.ts";
import type { Limits } from "./settings.ts";

const PING = frame(Frame.PING, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);

function newClient(limits: Partial<Limits> = {}) {
  let error: Http2Error | undefined;
  const client = new Connection("client", { limits, onClosed: (why) => error = why });
  const sent = new Reader("server");
  const recorder = new Recorder();
  const queue = new SendQueue();
  recorder.stream = client.openStream(REQUEST, recorder, { source: queue });
  return { client, sent, recorder, queue, error: () => error };
}

function newServer(limits: Partial<Limits> = {}) {
  let error: Http2Error | undefined;
  const recorders: Recorder[] = [];
  const server = new Connection("server", {
    limits,
    onClosed: (why) => error = why,
    onStream(stream) {
      const recorder = new Recorder();
      recorder.stream = stream;
      recorders.push(recorder);
      return recorder;
    },
  });
  server.receive(join(PREFACE, SETTINGS));
  return { server, sent: new Reader("client"), recorders, error: () => error };
}

const FOREIGN: [what: string, bytes: string][] = [
  ["HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["a TLS alert", "\x15\x03\x03\x00\x02\x02\x46"],
  ["an ssh server", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["words", "\u00e9rror"],
  ["zeros", "\0\0\0\0\0\0\0\0\0"],
  ["a SETTINGS ACK", "\0\0\0\x04\x01\0\0\0\0"],
];
for (const [what, text] of FOREIGN) {
  Deno.test(`a server that answers with ${what} is told from HTTP/2, also byte by byte`, () => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (const step of [1, bytes.length]) {
      const { client, recorder, error } = newClient();
      for (let at = 0; at < bytes.length; at += step) client.receive(bytes.subarray(at, at + step));
      const found = error();
      assert.ok(found instanceof NotHttp2Error, `${found}`);
      assert.deepEqual(found.received, bytes.subarray(0, found.received.length));
      assert.match(found.message, /does not speak HTTP\/2: its first bytes are "/);
      assert.equal(recorder.error!.cause, found);
      assert.equal(recorder.closedTimes, 1);
    }
  });
}

Deno.test("a peer that ends at once, or inside its first frame, is told likewise", () => {
  const silent = newClient();
  silent.client.lost();
  assert.match(silent.error()!.message, /closed the connection before any HTTP\/2/);
  const cut = newClient();
  cut.client.receive(SETTINGS.subarray(0, 5));
  cut.client.lost();
  assert.ok(cut.error() instanceof NotHttp2Error);
  const server = new Connection("server");
  server.receive(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  assert.equal(server.over, true);
});

const CONNECTION_FAULTS: [what: string, code: number, frames: Uint8Array[]][] = [
  ["a frame beyond our limit", Code.FRAME_SIZE_ERROR, [frame(0x42, 0, 0, new Uint8Array(16_385))]],
  ["DATA on stream 0", Code.PROTOCOL_ERROR, [frame(Frame.DATA, 0, 0, "x")]],
  ["DATA on an idle stream", Code.PROTOCOL_ERROR, [frame(Frame.DATA, 0, 9, "x")]],
  ["padded DATA without its length", Code.FRAME_SIZE_ERROR, [
    frame(Frame.DATA, Flag.PADDED, 1),
  ]],
  ["DATA of more padding than bytes", Code.PROTOCOL_ERROR, [
    frame(Frame.DATA, Flag.PADDED, 1, [3, 0, 0]),
  ]],
  ["HEADERS on stream 0", Code.PROTOCOL_ERROR, [headers(0, OK)]],
  ["HEADERS on an even stream", Code.PROTOCOL_ERROR, [headers(2, OK)]],
  ["HEADERS too short for their priority", Code.FRAME_SIZE_ERROR, [
    frame(Frame.HEADERS, Flag.PRIORITY | Flag.END_HEADERS, 1, [0, 0]),
  ]],
  ["HEADERS of more padding than bytes", Code.PROTOCOL_ERROR, [
    frame(Frame.HEADERS, Flag.PADDED | Flag.END_HEADERS, 1, [9, 0]),
  ]],
  ["a broken header block", Code.COMPRESSION_ERROR, [
    frame(Frame.HEADERS, Flag.END_HEADERS, 1, [0x80]),
  ]],
  ["CONTINUATION without HEADERS", Code.PROTOCOL_ERROR, [frame(Frame.CONTINUATION, 4, 1)]],
  ["a frame inside a header block", Code.PROTOCOL_ERROR, [
    frame(Frame.HEADERS, 0, 1, block(OK)),
    PING,
  ]],
  ["CONTINUATION of another stream", Code.PROTOCOL_ERROR, [
    frame(Frame.HEADERS, 0, 1, block(OK)),
    frame(Frame.CONTINUATION, 4, 3),
  ]],
  ["PUSH_PROMISE", Code.PROTOCOL_ERROR, [
    frame(Frame.PUSH_PROMISE, Flag.END_HEADERS, 1, [0, 0, 0, 2, ...block(REQUEST)]),
  ]],
  ["a push that is switched on", Code.PROTOCOL_ERROR, [settings(2, 1)]],
  ["a window setting too large", Code.FLOW_CONTROL_ERROR, [settings(4, 2 ** 31)]],
  ["a frame size setting too small", Code.PROTOCOL_ERROR, [settings(5, 16_383)]],
  ["SETTINGS of seven bytes", Code.FRAME_SIZE_ERROR, [frame(Frame.SETTINGS, 0, 0, "1234567")]],
  ["SETTINGS on a stream", Code.PROTOCOL_ERROR, [frame(Frame.SETTINGS, 0, 1)]],
  ["SETTINGS ACK with content", Code.FRAME_SIZE_ERROR, [frame(Frame.SETTINGS, 1, 0, "123456")]],
  ["PING on a stream", Code.PROTOCOL_ERROR, [frame(Frame.PING, 0, 1, "12345678")]],
  ["PING of seven bytes", Code.FRAME_SIZE_ERROR, [frame(Frame.PING, 0, 0, "1234567")]],
  ["GOAWAY on a stream", Code.PROTOCOL_ERROR, [frame(Frame.GOAWAY, 0, 1, "12345678")]],
  ["GOAWAY too short", Code.FRAME_SIZE_ERROR, [frame(Frame.GOAWAY, 0, 0, "1234567")]],
  ["RST_STREAM on an idle stream", Code.PROTOCOL_ERROR, [rstStream(3, 0)]],
  ["RST_STREAM of three bytes", Code.FRAME_SIZE_ERROR, [frame(Frame.RST_STREAM, 0, 1, "123")]],
  ["WINDOW_UPDATE of 0", Code.PROTOCOL_ERROR, [windowUpdate(0, 0)]],
  ["WINDOW_UPDATE beyond all bounds", Code.FLOW_CONTROL_ERROR, [windowUpdate(0, 2 ** 31 - 1)]],
  ["WINDOW_UPDATE on an idle stream", Code.PROTOCOL_ERROR, [windowUpdate(3, 1)]],
  ["DATA on a stream that is over", Code.STREAM_CLOSED, [
    rstStream(1, 0),
    frame(Frame.DATA, 0, 1, "x"),
  ]],
];
for (const [what, code, frames] of CONNECTION_FAULTS) {
  Deno.test(`${what} ends the connection`, () => {
    const { client, sent, recorder, error } = newClient();
    sent.read(client);
    client.receive(join(SETTINGS, ...frames, PING));
    assert.equal(error()?.code, code);
    assert.equal(recorder.closedTimes, 1);
    assert.equal(client.over, true);
    const lines = sent.read(client);
    assert.equal(lines.at(-1), `GOAWAY 0 code ${code}`);
    assert.ok(!lines.includes("PING 0 ack 84281096"));
  });
}

const STREAM_FAULTS: [what: string, code: number, frames: Uint8Array[]][] = [
  ["data before headers", Code.PROTOCOL_ERROR, [frame(Frame.DATA, 0, 1, "x")]],
  ["headers without :status", Code.PROTOCOL_ERROR, [headers(1, [["x", "y"]])]],
  ["1xx that ends the stream", Code.PROTOCOL_ERROR, [headers(1, [[":status", "103"]], 1)]],
  ["an upper-case name", Code.PROTOCOL_ERROR, [
    frame(Frame.HEADERS, 4, 1, [0x88, 0, 1, 65, 1, 65]),
  ]],
  ["a value with a line end", Code.PROTOCOL_ERROR, [
    frame(Frame.HEADERS, 4, 1, [0x88, 0, 1, 97, 1, 10]),
  ]],
  ["trailers that do not end", Code.PROTOCOL_ERROR, [headers(1, OK), headers(1, [["x", "y"]])]],
  ["trailers with :status", Code.PROTOCOL_ERROR, [headers(1, OK), headers(1, OK, 1)]],
  ["headers after the end", Code.STREAM_CLOSED, [headers(1, OK, 1), headers(1, OK)]],
  ["data after the end", Code.STREAM_CLOSED, [headers(1, OK, 1), frame(Frame.DATA, 0, 1, "x")]],
  ["less data than announced", Code.PROTOCOL_ERROR, [
    headers(1, [...OK, ["content-length", "3"]]),
    frame(Frame.DATA, 1, 1, "xy"),
  ]],
  ["more data than announced", Code.PROTOCOL_ERROR, [
    headers(1, [...OK, ["content-length", "3"]]),
    frame(Frame.DATA, 0, 1, "wxyz"),
  ]],
  ["two lengths", Code.PROTOCOL_ERROR, [
    headers(1, [...OK, ["content-length", "3"], ["content-length", "4"]]),
  ]],
  ["WINDOW_UPDATE of 0 on it", Code.PROTOCOL_ERROR, [windowUpdate(1, 0)]],
  ["a window too large", Code.FLOW_CONTROL_ERROR, [windowUpdate(1, 2 ** 31 - 1)]],
  ["a header list too large", Code.ENHANCE_YOUR_CALM, [
    headers(1, [...OK, ["x", "y".repeat(5000)]]),
  ]],
];
for (const [what, code, frames] of STREAM_FAULTS) {
  Deno.test(`${what} ends the stream, not the connection`, () => {
    const { client, sent, recorder, error } = newClient({ maxHeaderList: 5000 });
    sent.read(client);
    client.receive(join(SETTINGS, ...frames, PING));
    assert.equal(recorder.error?.code, code);
    assert.equal(recorder.closedTimes, 1);
    assert.equal(error(), undefined);
    const lines = sent.read(client);
    assert.ok(lines.includes(`RST_STREAM 1 ${code}`), `${lines}`);
    assert.equal(lines.at(-1), "PING 0 ack 84281096");
  });
}

Deno.test("more data than the windows allow is not taken", () => {
  const data = frame(Frame.DATA, 0, 1, new Uint8Array(16_384));
  const one = newClient({ streamWindow: 30_000 });
  one.recorder.credit = false;
  one.client.receive(join(SETTINGS, frame(Frame.SETTINGS, Flag.ACK, 0)));
  const recorder = new Recorder();
  one.client.openStream(REQUEST, recorder);
  const third = frame(Frame.DATA, 0, 3, new Uint8Array(16_384));
  one.client.receive(join(headers(3, OK), third));
  one.client.receive(third);
  assert.equal(recorder.error!.code, Code.FLOW_CONTROL_ERROR);
  // The first stream was opened before the server knew our window.
  one.client.receive(join(headers(1, OK), data, data, data));
  assert.equal(one.recorder.error, undefined);
  one.client.receive(data);
  assert.equal(one.recorder.error!.code, Code.FLOW_CONTROL_ERROR);
  assert.equal(one.client.over, false);
  const all = newClient({ connectionWindow: 65_535 });
  all.recorder.credit = false;
  all.client.receive(join(SETTINGS, headers(1, OK), data, data, data));
  assert.equal(all.client.over, false);
  all.client.receive(data);
  assert.equal(all.error()!.code, Code.FLOW_CONTROL_ERROR);
});

const MALFORMED_REQUESTS: [string, string][][] = [
  [[":method", "GET"], [":scheme", "http"]],
  [[":method", "GET"], [":path", "/"]],
  [[":scheme", "http"], [":path", "/"]],
  [[":method", "GET"], [":scheme", "http"], [":path", ""]],
  [[":method", "CONNECT"]],
  [[":method", "GET"], [":method", "GET"], [":scheme", "http"], [":path", "/"]],
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], ["connection", "close"]],
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], ["te", "gzip"]],
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], ["x y", "z"]],
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], ["", "z"]],
  [[":method", "GET"], [":scheme", "http"], ["x", "y"], [":path", "/"]],
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], [":status", "200"]],
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], ["content-length", "-1"]],
];
Deno.test("malformed requests are refused one by one", () => {
  const { server, sent, recorders } = newServer();
  sent.read(server);
  MALFORMED_REQUESTS.forEach((list, i) => server.receive(headers(2 * i + 1, list, 1)));
  assert.deepEqual(
    sent.read(server),
    MALFORMED_REQUESTS.map((_, i) => `RST_STREAM ${2 * i + 1} 1`),
  );
  server.receive(headers(101, [[":method", "CONNECT"], [":authority", "x"]], 1));
  assert.equal(recorders.length, 1);
});

Deno.test("a server refuses streams beyond its limit, and while it closes", () => {
  const { server, sent, recorders } = newServer({ maxStreams: 2 });
  sent.read(server);
  server.receive(join(headers(1, REQUEST), headers(3, REQUEST), headers(5, REQUEST)));
  server.close();
  server.receive(join(rstStream(1, 8), headers(7, REQUEST)));
  assert.deepEqual(sent.read(server), ["RST_STREAM 5 7", "GOAWAY 0 code 0", "RST_STREAM 7 7"]);
  assert.equal(recorders.length, 2);
  assert.equal(server.over, false);
});

Deno.test("the header lists of all open requests together have a limit", () => {
  const { server, sent, recorders } = newServer({ maxHeaderList: 5000 });
  sent.read(server);
  const long = (id: number) => headers(id, [...REQUEST, ["x", "y".repeat(4500)]]);
  server.receive(join(...[1, 3, 5, 7, 9].map(long)));
  assert.deepEqual(sent.read(server), [`RST_STREAM 9 ${Code.ENHANCE_YOUR_CALM}`]);
  server.receive(join(rstStream(1, 8), long(11)));
  assert.deepEqual(sent.read(server), []);
  assert.equal(recorders.length, 5);
});

/** Sends `one` until the server gives up; it must, before `most`. */
function flood(
  limits: Partial<Limits>,
  most: number,
  one: (i: number) => Uint8Array,
  read: boolean,
): Http2Error {
  const { server, sent, error } = newServer(limits);
  for (let i = 0; i < most; i++) {
    server.receive(one(i));
    if (read) sent.read(server);
    const found = error();
    if (found !== undefined) return found;
  }
  throw new Error(`still on after ${most}`);
}

Deno.test("floods end in ENHANCE_YOUR_CALM", () => {
  const empty = frame(Frame.CONTINUATION, 0, 1);
  const opened = frame(Frame.HEADERS, 0, 1, block(REQUEST));
  const floods = [
    flood({}, 5000, () => PING, false),
    flood({}, 8000, () => SETTINGS, false),
    flood({}, 2000, (i) => join(headers(2 * i + 1, REQUEST), rstStream(2 * i + 1, 8)), true),
    flood({}, 2000, (i) => headers(2 * i + 1, [["x", "y"]], 1), true),
    flood({ maxStreams: 1 }, 2000, (i) => headers(2 * i + 1, REQUEST), true),
    flood({}, 150_000, (i) => i === 0 ? opened : empty, true),
    flood(
      {},
      100,
      (i) => i === 0 ? opened : frame(Frame.CONTINUATION, 0, 1, new Uint8Array(16_384)),
      true,
    ),
  ];
  assert.deepEqual(floods.map((error) => error.code), floods.map(() => Code.ENHANCE_YOUR_CALM));
});

Deno.test("PINGs whose answers are read are no flood", () => {
  const { server, sent, error } = newServer();
  for (let i = 0; i < 5000; i++) {
    server.receive(PING);
    sent.read(server);
  }
  assert.equal(error(), undefined);
});

Deno.test("requests whose answers are not read are a flood", () => {
  let error: Http2Error | undefined;
  const server = new Connection("server", {
    onClosed: (why) => error = why,
    onStream(stream) {
      stream.sendHeaders([[":status", "200"], ["x", "y".repeat(1000)]], true);
      return new Recorder();
    },
  });
  server.receive(join(PREFACE, SETTINGS));
  for (let i = 0; i < 2000; i++) server.receive(headers(2 * i + 1, REQUEST, Flag.END_STREAM));
  assert.equal(error?.code, Code.ENHANCE_YOUR_CALM);
});

Deno.test("an end of the byte stream after GOAWAY says what GOAWAY said", () => {
  const { client, recorder } = newClient();
  client.receive(join(SETTINGS, goaway(1, 11, "too_many_pings")));
  client.lost();
  assert.equal(recorder.error!.debug, "too_many_pings");
  assert.match(recorder.error!.message, /lost.*ENHANCE_YOUR_CALM "too_many_pings"/);
  assert.deepEqual(uint32(1), [0, 0, 0, 1]);
});
