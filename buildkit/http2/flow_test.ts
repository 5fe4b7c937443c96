import assert from "node:assert/strict";
import { carry, OK, pair, Recorder, REQUEST, settle } from "../../tests/http2/pair.ts";
import {
  Flag,
  headers,
  join,
  Reader,
  SETTINGS,
  settings,
  windowUpdate,
} from "../../tests/http2/raw.ts";
import { Connection } from "./connection.ts";
import { Code } from "./errors.ts";
import { SendQueue } from "./send_queue.ts";
import type { Source } from "./source.ts";
import type { Stream } from "./stream.ts";

/** A client with an upload under way to a server written by hand. */
function upload(bytes: number, ...first: Uint8Array[]) {
  const client = new Connection("client");
  client.receive(join(SETTINGS, ...first));
  const sent = new Reader("server");
  const queue = new SendQueue();
  const recorder = new Recorder();
  recorder.stream = client.openStream(REQUEST, recorder, { source: queue });
  queue.push(new Uint8Array(bytes));
  const more = (...frames: Uint8Array[]) => {
    client.receive(join(...frames));
    const before = sent.bytes.get(1) ?? 0;
    sent.read(client);
    return (sent.bytes.get(1) ?? 0) - before;
  };
  return { client, sent, queue, recorder, more };
}

Deno.test("the stream's window is kept, and grows with WINDOW_UPDATE", () => {
  const { client, more, recorder } = upload(1 << 20, settings(4, 1000), windowUpdate(0, 1 << 20));
  assert.equal(more(), 1000);
  assert.equal(recorder.stream!.window, 0);
  assert.equal(client.available(), 0);
  assert.equal(more(windowUpdate(1, 5)), 5);
  assert.equal(more(windowUpdate(0, 5)), 0);
  assert.equal(more(windowUpdate(1, 100_000)), 100_000);
});

Deno.test("the connection's window is kept, and grows with WINDOW_UPDATE", () => {
  const { client, more } = upload(1 << 20, settings(4, 1 << 20));
  assert.equal(more(), 65_535);
  assert.equal(client.available(), 0);
  assert.equal(more(windowUpdate(1, 5)), 0);
  assert.equal(more(windowUpdate(0, 7)), 7);
  assert.equal(client.sendWindow, 0);
});

Deno.test("SETTINGS change the windows of streams that are open, also below 0", () => {
  const { more, recorder } = upload(1 << 20, settings(4, 1000));
  assert.equal(more(), 1000);
  assert.equal(more(settings(4, 1500)), 500);
  assert.equal(more(settings(4, 300)), 0);
  assert.equal(recorder.stream!.window, -1200);
  assert.equal(more(windowUpdate(1, 1000)), 0); // -1200 + 1000
  assert.equal(more(windowUpdate(1, 201)), 1);
  assert.equal(more(settings(4, 301)), 1);
});

Deno.test("a stream that begins because SETTINGS let another end has the new window, once", () => {
  const client = new Connection("client");
  client.receive(join(SETTINGS, settings(3, 1)));
  const source = { available: () => 0, pull: () => 0, ended: false };
  client.openStream(REQUEST, new Recorder(), { source });
  const queue = new SendQueue();
  client.openStream(REQUEST, new Recorder(), { source: queue });
  queue.push(new Uint8Array(1 << 20));
  const sent = new Reader("server");
  client.receive(join(headers(1, OK, Flag.END_STREAM), windowUpdate(0, 1 << 20)));
  sent.read(client);
  source.ended = true; // without a word: the next look finds it
  client.receive(settings(4, 100_000));
  sent.read(client);
  assert.equal(sent.bytes.get(3), 100_000);
});

Deno.test("SETTINGS that shrink a window while data waits in it", () => {
  const { client, more } = upload(1 << 20);
  client.receive(settings(4, 0));
  assert.ok(client.available() > 0); // preface, HEADERS
  assert.equal(more(), 0);
  assert.equal(more(settings(4, 10)), 10);
});

Deno.test("the peer's MAX_FRAME_SIZE is kept to", () => {
  const small = upload(60_000);
  small.more();
  assert.equal(small.sent.lines.filter((line) => line === "DATA 1 16384").length, 3);
  const large = upload(60_000, settings(5, 1 << 20));
  large.more();
  assert.equal(large.sent.lines.at(-1), "DATA 1 60000");
});

Deno.test("an end without data needs no window", () => {
  const { client, sent, queue, more } = upload(100, settings(4, 100));
  assert.equal(more(), 100);
  queue.end();
  assert.deepEqual(sent.read(client), ["DATA 1 0 end"]);
});

Deno.test("a slow reader: no more comes than the windows hold, and all of it in the end", () => {
  const received = new Recorder();
  received.credit = false;
  const limits = { streamWindow: 100_000, connectionWindow: 150_000 };
  const { client, settle } = pair({
    limits,
    onStream(stream) {
      received.stream ??= stream;
      return received;
    },
  });
  const queues = [new SendQueue(), new SendQueue()];
  const total = 1_000_000;
  for (const source of queues) {
    source.push(new Uint8Array(total));
    source.end();
    client.openStream(REQUEST, new Recorder(), { source });
  }
  settle();
  assert.equal(received.bytes, 150_000);
  // Only the first stream is given back; what the second holds of the connection stays held.
  for (let given = 0; given < 100_000 && received.bytes < 190_000; given += 10_000) {
    received.stream!.credit(10_000);
    settle();
    assert.ok(received.bytes <= 150_000 + given + 10_000);
  }
  assert.ok(received.bytes > 190_000);
});

Deno.test("what a stream that has ended still held is given back to the connection", () => {
  let server: Stream;
  const limits = { streamWindow: 1 << 20, connectionWindow: 65_535 };
  const silent = new Recorder();
  silent.credit = false;
  const { client, settle } = pair({
    limits,
    onStream(stream) {
      server = stream;
      return silent;
    },
  });
  const queue = new SendQueue();
  const asked = new Recorder();
  client.openStream(REQUEST, asked, { source: queue });
  queue.push(new Uint8Array(100_000));
  settle();
  assert.equal(client.sendWindow, 0);
  server!.reset(Code.CANCEL);
  settle();
  assert.equal(asked.error!.code, Code.CANCEL);
  assert.equal(client.sendWindow, 65_535);
});

Deno.test("giving back more than came is a mistake", () => {
  const { client, recorder } = upload(0);
  client.receive(headers(1, OK));
  assert.throws(() => recorder.stream!.credit(1), /RangeError: cannot give back 1 bytes/);
  recorder.stream!.credit(0);
});

Deno.test("a source may rest although it has something: the next window update wakes it", () => {
  const client = new Connection("client");
  client.receive(SETTINGS);
  const sent = new Reader("server");
  let willing = false;
  const source: Source = {
    ended: false,
    available: () => 10,
    pull: (into) => willing ? Math.min(10, into.length) : 0,
  };
  const stream = client.openStream(REQUEST, new Recorder(), { source });
  sent.read(client);
  willing = true;
  assert.equal(client.pull(new Uint8Array(10)), 0);
  client.receive(windowUpdate(0, 1));
  assert.ok(client.pull(new Uint8Array(100)) > 0);
  willing = false;
  client.pull(new Uint8Array(100));
  willing = true;
  stream.wake();
  assert.ok(client.pull(new Uint8Array(100)) > 0);
});

Deno.test("a WINDOW_UPDATE is sent for half a window at a time", () => {
  const { client, server, settle } = pair({
    limits: { streamWindow: 100_000 },
    onStream(stream) {
      const recorder = new Recorder();
      recorder.stream = stream;
      return recorder;
    },
  });
  const queue = new SendQueue();
  const stream = client.openStream(REQUEST, new Recorder(), { source: queue });
  queue.push(new Uint8Array(49_999));
  settle();
  assert.equal(stream.window, 50_001);
  queue.push(new Uint8Array(1));
  settle();
  assert.equal(stream.window, 100_000);
  queue.push(new Uint8Array(60_000));
  queue.end();
  settle();
  assert.equal(server.available(), 0);
});

/** An inner connection as the source of an outer stream. */
function inside(inner: Connection): Source {
  return {
    available: () => inner.available(),
    pull: (into) => inner.pull(into),
    get ended() {
      return inner.over;
    },
    attached(wake) {
      inner.onWritable = wake;
    },
  };
}

for (const [size, total] of [[17, 20_000], [16_393, 4 << 20], [65_536, 64 << 20]] as const) {
  Deno.test(`HTTP/2 inside a stream of HTTP/2, ${total} bytes both ways, ${size} at a time`, () => {
    const limits = { streamWindow: 300_000, connectionWindow: 400_000 };
    const sums = { up: 0, down: 0, upBytes: 0, downBytes: 0 };
    // The inner roles are the other way round, as in a BuildKit session.
    const innerServer = new Connection("server", {
      limits,
      onStream(stream) {
        stream.sendHeaders(OK);
        stream.attach(numbers(total));
        return summing(() => stream, sums, "down");
      },
    });
    const innerClient = new Connection("client", { limits });
    const outer = pair({
      limits,
      onStream(stream) {
        stream.sendHeaders(OK);
        stream.attach(inside(innerClient));
        return {
          data(chunk) {
            innerClient.receive(chunk);
            stream.credit(chunk.length);
          },
          closed() {},
        };
      },
    }, { limits });
    const tunnel = outer.client.openStream(REQUEST, {
      data(chunk) {
        innerServer.receive(chunk);
        tunnel.credit(chunk.length);
      },
      closed() {},
    }, { source: inside(innerServer) });
    const asked = innerClient.openStream(REQUEST, summing(() => asked, sums, "up"), {
      source: numbers(total),
    });
    settle(outer.client, outer.server, () => size);
    const expected = sumOf(total);
    assert.deepEqual(sums, { up: expected, down: expected, upBytes: total, downBytes: total });
    assert.equal(asked.isClosed, true);
    assert.equal(asked.error, undefined);
    innerClient.close();
    settle(outer.client, outer.server, () => size);
    assert.equal(innerClient.over, true);
    assert.equal(carry(outer.client, outer.server, 1), 0);
  });
}

/** `total` bytes that count up, and the sum that shows each came at its place. */
function numbers(total: number): Source {
  const cycle = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  let at = 0;
  return {
    ended: true,
    available: () => total - at,
    pull(into) {
      const from = at % cycle.length;
      const count = Math.min(into.length, total - at, cycle.length - from);
      into.set(cycle.subarray(from, from + count));
      at += count;
      return count;
    },
  };
}

function sumOf(total: number): number {
  const bytes = new Uint8Array(total);
  for (let at = 0, source = numbers(total), n; (n = source.pull(bytes.subarray(at))) > 0;) at += n;
  return checksum(0, bytes);
}

function checksum(sum: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) sum = (Math.imul(sum, 31) + bytes[i]!) | 0;
  return sum;
}

function summing(
  stream: () => Stream,
  sums: { up: number; down: number; upBytes: number; downBytes: number },
  way: "up" | "down",
) {
  return {
    data(chunk: Uint8Array) {
      sums[way] = checksum(sums[way], chunk);
      sums[`${way}Bytes`] += chunk.length;
      stream().credit(chunk.length);
    },
    closed() {},
  };
}
