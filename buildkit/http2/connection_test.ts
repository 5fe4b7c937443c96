import assert from "node:assert/strict";
import { OK, pair, Recorder, REQUEST } from "../../tests/http2/pair.ts";
import { Flag, Frame, frame, goaway, headers, join, Reader } from "../../tests/http2/raw.ts";
import { block, rstStream, SETTINGS, settings, windowUpdate } from "../../tests/http2/raw.ts";
import { Connection } from "./connection.ts";
import { Code, Http2Error } from "./errors.ts";
import type { Header } from "./hpack.ts";
import { SendQueue } from "./send_queue.ts";
import type { Stream } from "./stream.ts";
import { seeded } from "../../tests/harness/random.ts";

/** A server that answers each request with what it was sent, then trailers. */
function echo(recorders: Recorder[] = []) {
  return (stream: Stream, list: Header[]) => {
    const recorder = new Recorder();
    recorders.push(recorder);
    recorder.stream = stream;
    recorder.headers(list, false);
    const queue = new SendQueue();
    stream.sendHeaders(OK);
    stream.attach(queue);
    const data = recorder.data.bind(recorder);
    recorder.data = (chunk) => {
      data(chunk);
      queue.push(chunk.slice());
    };
    const end = recorder.end.bind(recorder);
    recorder.end = () => {
      end();
      stream.sendTrailers([["grpc-status", "0"], ["x", "1"], ["x", "2"]]);
    };
    return recorder;
  };
}

function request(client: Connection, queue?: SendQueue): Recorder {
  const recorder = new Recorder();
  const options = queue === undefined ? { endStream: true } : { source: queue };
  recorder.stream = client.openStream(REQUEST, recorder, options);
  return recorder;
}

/** A client whose server is written by hand; SETTINGS have been exchanged. */
function clientOnly(...first: Uint8Array[]): { client: Connection; sent: Reader } {
  const client = new Connection("client");
  client.receive(join(SETTINGS, ...first));
  const sent = new Reader("server");
  sent.read(client);
  return { client, sent };
}

for (const size of [1, 2, 8, 9, 10, 17, 100, 264, 265, 266, 300, 5000, 65_536, 1 << 20]) {
  Deno.test(`a request, its answer and trailers, ${size} bytes at a time`, () => {
    const served: Recorder[] = [];
    const { client, server, settle } = pair({ onStream: echo(served) }, {}, () => size);
    const queue = new SendQueue();
    const asked = request(client, queue);
    const body = "abc".repeat(20_000);
    queue.push(new TextEncoder().encode(body));
    queue.push(new TextEncoder().encode("tail"));
    settle();
    queue.end();
    settle();
    assert.deepEqual(served[0]!.log, [
      "headers :method=POST :scheme=http :authority=there :path=/thing",
      "end",
      "closed",
    ]);
    assert.equal(asked.text, body + "tail");
    assert.deepEqual(asked.log, [
      "headers :status=200",
      "trailers grpc-status=0 x=1 x=2",
      "end",
      "closed",
    ]);
    assert.equal(client.streamCount + server.streamCount, 0);
    assert.equal(client.available() + server.available(), 0);
  });
}

Deno.test("many streams at once, in pieces of any length", () => {
  const random = seeded(7);
  const { client, settle } = pair(
    { onStream: echo() },
    {},
    () => 1 + Math.floor(random() * 40_000),
  );
  const asked = Array.from({ length: 60 }, (_, i) => {
    const queue = new SendQueue();
    const recorder = request(client, queue);
    for (let j = 0; j < i; j++) {
      queue.push(new Uint8Array(Math.floor(random() * 9000)).fill(65 + i));
    }
    queue.end();
    return { recorder, text: String.fromCharCode(65 + i), length: queue.available() };
  });
  settle();
  for (const { recorder, text, length } of asked) {
    assert.equal(
      recorder.text,
      new TextDecoder().decode(new Uint8Array(length).fill(text.charCodeAt(0))),
    );
    assert.equal(recorder.closedTimes, 1);
    assert.equal(recorder.error, undefined);
  }
});

Deno.test("header lists beyond one frame go over CONTINUATION", () => {
  const recorders: Recorder[] = [];
  const long: Header = ["grpc-status-details-bin", "x".repeat(200_000)];
  const { client, settle } = pair({
    onStream(stream, list) {
      assert.deepEqual(list.at(-1), long);
      stream.sendHeaders(OK);
      stream.sendTrailers([["grpc-status", "2"], long]);
      return new Recorder();
    },
  });
  const recorder = new Recorder();
  recorders.push(recorder);
  client.openStream([...REQUEST, long], recorder, { endStream: true });
  settle();
  assert.deepEqual(recorder.log.slice(1), [
    `trailers grpc-status=2 ${long.join("=")}`,
    "end",
    "closed",
  ]);
});

Deno.test("control frames go first, streams take turns, and a PING is answered behind most data", () => {
  const { client, sent } = clientOnly(settings(4, 65_535));
  const queues = [new SendQueue(), new SendQueue()];
  for (const queue of queues) {
    queue.push(new Uint8Array(40_000));
    request(client, queue);
  }
  client.receive(frame(Frame.PING, 0, 0, [0, 0, 0, 0, 0, 0, 0, 7]));
  const lines = sent.read(client).map((line) => line.split(" ").slice(0, 2).join(" "));
  assert.deepEqual(lines, [
    "HEADERS 1",
    "HEADERS 3",
    ...["DATA 1", "DATA 3", "DATA 1", "PING 0", "DATA 3"], // 65,535 bytes, the connection's window
  ]);
  assert.equal(sent.bytes.get(1)! + sent.bytes.get(3)!, 65_535);
});

Deno.test("a PING is answered at once where little waits, or another PING comes", () => {
  const { client, sent } = clientOnly(settings(4, 1 << 20));
  const ping = (number: number) => frame(Frame.PING, 0, 0, [0, 0, 0, 0, 0, 0, 0, number]);
  const queue = new SendQueue();
  request(client, queue);
  queue.push(new Uint8Array(10_000));
  client.receive(ping(7));
  assert.deepEqual(sent.read(client).slice(1), ["PING 0 ack 7", "DATA 1 10000"]);
  queue.push(new Uint8Array(50_000));
  client.receive(ping(8));
  client.receive(ping(9));
  assert.ok(client.available() > 0);
  const lines = sent.read(client);
  assert.equal(lines[0], "PING 0 ack 8");
  assert.ok(lines.indexOf("PING 0 ack 9") >= 4);
  client.receive(ping(10)); // the window is used up
  assert.deepEqual(sent.read(client), ["PING 0 ack 10"]);
});

Deno.test("the answer to a PING waits until most of a window was sent, but not for long", async () => {
  const { client, sent } = clientOnly(settings(4, 65_535));
  const ping = (number: number) => frame(Frame.PING, 0, 0, [0, 0, 0, 0, 0, 0, 0, number]);
  const queue = new SendQueue();
  request(client, queue);
  queue.push(new Uint8Array(300_000));
  sent.read(client);
  client.receive(ping(7)); // a window was sent since the last answer
  assert.deepEqual(sent.read(client), ["PING 0 ack 7"]);
  let writable = 0;
  client.onWritable = () => writable++;
  client.receive(ping(8)); // nothing was sent since
  assert.deepEqual(sent.read(client), []);
  assert.equal(client.available(), 0);
  const before = writable;
  client.receive(windowUpdate(0, 65_535));
  client.receive(windowUpdate(1, 65_535));
  assert.ok(writable > before);
  const lines = sent.read(client);
  assert.ok([2, 3].includes(lines.indexOf("PING 0 ack 8")), `${lines}`); // behind a half or more
  assert.equal(lines.length, 5);
  client.receive(ping(9));
  assert.deepEqual(sent.read(client), []);
  const { promise, resolve } = Promise.withResolvers<void>();
  client.onWritable = resolve;
  await promise;
  assert.deepEqual(sent.read(client), ["PING 0 ack 9"]);
});

Deno.test("onWritable is called once until all has been pulled", () => {
  const client = new Connection("client");
  let calls = 0;
  client.onWritable = () => calls++;
  const all = new Uint8Array(1 << 20);
  client.pull(all);
  const queue = new SendQueue();
  request(client, queue);
  queue.push(new Uint8Array(10_000));
  queue.push(new Uint8Array(10_000));
  assert.equal(calls, 1);
  client.pull(all.subarray(0, 100));
  queue.push(new Uint8Array(10));
  assert.equal(calls, 1);
  client.pull(all);
  queue.push(new Uint8Array(10));
  assert.equal(calls, 2);
});

Deno.test("headers that can't be sent leave no stream behind", () => {
  const { client, sent } = clientOnly();
  const open = () => client.openStream([...REQUEST, ["x", "a\nb"]], new Recorder());
  assert.throws(open, /^TypeError: cannot send header "x"/);
  assert.equal(client.streamCount, 0);
  request(client);
  assert.match(sent.read(client).join(), /^HEADERS 1 /);
  client.receive(settings(3, 1)); // no more streams for now
  assert.throws(open, /^TypeError: cannot send header "x"/);
  client.receive(headers(1, OK, Flag.END_STREAM));
  assert.equal(client.streamCount, 0);
});

Deno.test("a client waits while the server allows no more streams", () => {
  const { client, sent } = clientOnly(settings(3, 2));
  const asked = [request(client), request(client), request(client), request(client)];
  assert.deepEqual(asked.map(({ stream }) => stream!.id), [1, 3, 0, 0]);
  assert.equal(asked[2]!.stream!.id, 0);
  assert.equal(sent.read(client).length, 2);
  asked[2]!.stream!.reset(Code.CANCEL);
  assert.equal(asked[2]!.error!.code, Code.CANCEL);
  client.receive(headers(1, OK, Flag.END_STREAM));
  assert.deepEqual(asked.map(({ stream }) => stream!.id), [1, 3, 0, 5]);
  assert.equal(sent.read(client).length, 1);
});

Deno.test("GOAWAY: streams it names go on, the others may be asked again elsewhere", () => {
  const { client } = clientOnly();
  let told = 0, over = 0;
  const watched = new Connection("client", { onGoaway: () => told++, onClosed: () => over++ });
  watched.receive(SETTINGS);
  const asked = [request(watched), request(watched), request(watched)];
  watched.receive(goaway(3, Code.ENHANCE_YOUR_CALM, "too_many_pings"));
  assert.deepEqual(asked.map(({ closedTimes }) => closedTimes), [0, 0, 1]);
  assert.equal(asked[2]!.error!.retryable, true);
  assert.match(asked[2]!.error!.message, /ENHANCE_YOUR_CALM.*too_many_pings/);
  assert.equal(watched.goaway!.debug, "too_many_pings");
  assert.equal(told, 1);
  assert.throws(
    () => request(watched),
    (error) => error instanceof Http2Error && error.retryable && error.debug === "too_many_pings",
  );
  watched.receive(headers(1, OK, Flag.END_STREAM));
  assert.equal(over, 0);
  watched.receive(headers(3, OK, Flag.END_STREAM));
  assert.equal(over, 1);
  assert.equal(asked[1]!.error, undefined);
  assert.equal(client.goaway, undefined);
});

Deno.test("close: open streams come to their end, new ones are refused", () => {
  const served: Recorder[] = [];
  let over = 0;
  const { client, server, settle } = pair({ onStream: echo(served), onClosed: () => over++ });
  const queue = new SendQueue();
  const asked = request(client, queue);
  settle();
  server.close();
  settle();
  assert.equal(server.over, false);
  assert.throws(() => request(client), /closing/);
  queue.push(new Uint8Array(5));
  queue.end();
  settle();
  assert.equal(asked.error, undefined);
  assert.equal(asked.bytes, 5);
  assert.equal(over, 1);
  assert.equal(client.over && server.over, true);
});

Deno.test("RST_STREAM: NO_ERROR after the end is an end, others are errors", () => {
  const { client } = clientOnly();
  const queue = () => new SendQueue();
  const done = request(client, queue()), early = request(client, queue());
  const refused = request(client, queue()), odd = request(client, queue());
  client.receive(join(
    headers(1, OK),
    headers(1, [["grpc-status", "0"]], Flag.END_STREAM),
    rstStream(1, Code.NO_ERROR),
    headers(3, OK),
    rstStream(3, Code.NO_ERROR),
    rstStream(5, Code.REFUSED_STREAM),
    rstStream(7, 0x1234),
  ));
  assert.deepEqual(done.log.slice(1), ["trailers grpc-status=0", "end", "closed"]);
  assert.equal(early.error!.code, Code.NO_ERROR);
  assert.equal(early.error!.remote, true);
  assert.equal(refused.error!.retryable, true);
  assert.match(odd.error!.message, /0x1234/);
});

Deno.test("reset: both sides hear of it, frames under way are ignored", () => {
  const served: Recorder[] = [];
  const { client, server, settle } = pair({ onStream: echo(served) });
  const queue = new SendQueue();
  const asked = request(client, queue);
  queue.push(new Uint8Array(100_000));
  settle();
  served[0]!.stream!.reset(Code.CANCEL);
  queue.push(new Uint8Array(100_000));
  assert.equal(served[0]!.error!.remote, false);
  settle();
  assert.equal(asked.error!.code, Code.CANCEL);
  assert.equal(asked.error!.remote, true);
  assert.equal(asked.error!.streamId, 1);
  assert.equal(served[0]!.closedTimes + asked.closedTimes, 2);
  assert.equal(client.over || server.over, false);
  assert.throws(() => queue.push(new Uint8Array(1)), /reset by the peer: CANCEL/);
});

Deno.test("lost: each stream, ping and waiting open hears of it once", async () => {
  const { client } = clientOnly(settings(3, 1));
  const asked = [request(client), request(client)];
  const ping = client.ping();
  const cause = new Error("broken pipe");
  client.lost(cause);
  client.lost();
  client.receive(headers(1, OK));
  await assert.rejects(ping, /connection was lost: broken pipe/);
  await assert.rejects(client.ping(), /broken pipe/);
  for (const { closedTimes, error } of asked) {
    assert.equal(closedTimes, 1);
    assert.match(error!.message, /broken pipe/);
  }
  assert.deepEqual(asked.map(({ error }) => error!.retryable), [false, true]);
  assert.throws(() => request(client), /broken pipe/);
});

Deno.test("ping tells the round trip", async () => {
  const { client, settle } = pair({ onStream: echo() });
  const first = client.ping(), second = client.ping();
  settle();
  assert.ok(await first >= 0 && await second >= 0);
  assert.ok(performance.now() - client.lastReceived < 1000);
});

Deno.test("a message that ends in a space arrives", () => {
  const { client } = clientOnly();
  const asked = request(client);
  client.receive(headers(1, [...OK, ["grpc-message", " exit code: 1 "]], Flag.END_STREAM));
  assert.equal(asked.log[0], "headers :status=200 grpc-message= exit code: 1  end");
});

Deno.test("informational responses are left out", () => {
  const { client } = clientOnly();
  const asked = request(client);
  client.receive(join(
    headers(1, [[":status", "100"]]),
    headers(1, [[":status", "103"], ["link", "x"]]),
    headers(1, OK, Flag.END_STREAM),
  ));
  assert.deepEqual(asked.log, ["headers :status=200 end", "end", "closed"]);
});

Deno.test("padding, priorities and unknown frames are read over", () => {
  const { client, sent } = clientOnly();
  const asked = request(client);
  const list = block(OK);
  const head = [3, 0, 0, 0, 9, 200, ...list, 0, 0, 0];
  client.receive(join(
    frame(0x42, 0xff, 77, "?".repeat(300)),
    frame(Frame.PRIORITY, 0, 1, [0, 0, 0, 3, 1]),
    frame(Frame.HEADERS, Flag.END_HEADERS | Flag.PADDED | Flag.PRIORITY, 1, head),
    frame(Frame.DATA, Flag.PADDED, 1, [2, 65, 66, 0, 0]),
    frame(Frame.DATA, Flag.PADDED, 1, [1, 0]),
    frame(Frame.DATA, 0, 1, []),
    frame(Frame.DATA, Flag.PADDED | Flag.END_STREAM, 1, [0, 67]),
  ));
  assert.equal(asked.text, "ABC");
  assert.equal(asked.error, undefined);
  assert.deepEqual(sent.read(client), [
    "HEADERS 1 " + "" +
    ":method=POST :scheme=http :authority=there :path=/thing end",
  ]);
});

Deno.test("a handler or source that throws ends its stream, and only that", () => {
  const { client, sent } = clientOnly();
  const mistake = new Error("mistake");
  const errors: (Http2Error | undefined)[] = [];
  const closed = (error?: Http2Error) => errors.push(error);
  client.openStream(REQUEST, {
    headers() {
      throw mistake;
    },
    data() {},
    closed,
  });
  client.openStream(REQUEST, {
    data() {
      throw mistake;
    },
    closed,
  });
  client.openStream(REQUEST, { data() {}, closed }, {
    source: {
      ended: false,
      available: () => 1,
      pull() {
        throw mistake;
      },
    },
  });
  client.receive(join(headers(1, OK), headers(3, OK), frame(Frame.DATA, 0, 3, "x")));
  const lines = sent.read(client).filter((line) => line.startsWith("RST"));
  assert.deepEqual(lines, ["RST_STREAM 1 2", "RST_STREAM 3 2", "RST_STREAM 5 2"]);
  assert.deepEqual(errors.map((error) => error!.cause), [mistake, mistake, mistake]);
  assert.equal(client.over, false);
});
