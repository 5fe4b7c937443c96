import assert from "node:assert/strict";
import { after } from "../../base/async.ts";
import { manualClock } from "../../tests/harness/manual_clock.ts";
import { memoryStreams, OK, Recorder, REQUEST } from "../../tests/http2/pair.ts";
import type { ByteStream } from "../../transports/byte_stream.ts";
import { ConnectionLostError, NotHttp2Error } from "./errors.ts";
import { Connection } from "./connection.ts";
import { runConnection } from "./connection_io.ts";
import type { Http2Error } from "./errors.ts";
import { SendQueue } from "./send_queue.ts";

/** A server over `stream` that answers with what it was sent. */
function serve(stream: ByteStream) {
  let error: Http2Error | undefined;
  const connection = new Connection("server", {
    onClosed: (why) => error = why,
    onStream(stream) {
      const queue = new SendQueue();
      stream.sendHeaders(OK);
      stream.attach(queue);
      return {
        data(chunk) {
          const copy = chunk.slice();
          queue.push(copy, () => stream.credit(copy.length));
        },
        end: () => stream.sendTrailers([["grpc-status", "0"]]),
        closed() {},
      };
    },
  });
  return { connection, run: runConnection(connection, stream), error: () => error };
}

function connect(stream: ByteStream) {
  let error: Http2Error | undefined;
  const connection = new Connection("client", { onClosed: (why) => error = why });
  const run = runConnection(connection, stream);
  return { connection, run, error: () => error };
}

/** A request, and the promise of its end. */
function ask(connection: Connection, source?: SendQueue) {
  const recorder = new Recorder();
  const { promise, resolve } = Promise.withResolvers<void>();
  const closed = recorder.closed.bind(recorder);
  recorder.closed = (error) => {
    closed(error);
    resolve();
  };
  recorder.stream = connection.openStream(
    REQUEST,
    recorder,
    source ? { source } : { endStream: true },
  );
  return { recorder, over: promise };
}

for (const capacity of [1, 700, 65_536, 4 << 20]) {
  Deno.test(`over a stream: a call over a stream that takes ${capacity} bytes at a time`, async () => {
    const [here, there] = memoryStreams(capacity);
    const server = serve(there), client = connect(here);
    const queue = new SendQueue();
    const { recorder, over } = ask(client.connection, queue);
    const size = capacity === 1 ? 500 : 300_000;
    for (let i = 0; i < 4; i++) {
      queue.push(new Uint8Array(size).fill(i));
      await queue.drained(size);
    }
    queue.end();
    await over;
    assert.equal(recorder.bytes, 4 * size);
    assert.deepEqual(recorder.log, [
      "headers :status=200",
      "trailers grpc-status=0",
      "end",
      "closed",
    ]);
    await client.run.close();
    await server.run.closed;
    assert.equal(here.closed && there.closed, true);
    assert.equal(client.error(), undefined);
    assert.equal(server.error(), undefined);
  });
}

Deno.test("over a stream: what one turn queues is one write, and the first waits for nobody", async () => {
  const [here, there] = memoryStreams(1 << 20);
  const writes: number[] = [];
  const counted: ByteStream = {
    ...here,
    write(from) {
      writes.push(from.length);
      return here.write(from);
    },
    close: () => here.close(),
  };
  const client = connect(counted);
  for (let i = 0; i < 50; i++) {
    const queue = new SendQueue();
    ask(client.connection, queue);
    queue.push(new Uint8Array(100));
  }
  assert.deepEqual(writes, []);
  await Promise.resolve();
  assert.equal(writes.length, 1);
  client.run.abort();
  there.close();
  await client.run.closed;
});

Deno.test("over a stream: the peer's end, orderly or not, ends the streams once", async () => {
  const [here, there] = memoryStreams();
  const server = serve(there), client = connect(here);
  const { recorder, over } = ask(client.connection, new SendQueue());
  await client.connection.ping();
  server.run.abort();
  await over;
  await client.run.closed;
  await server.run.closed;
  assert.equal(recorder.closedTimes, 1);
  assert.ok(recorder.error!.cause instanceof ConnectionLostError);
  assert.equal(client.error(), recorder.error!.cause);
  assert.equal(server.error()!.message, "the connection was lost: aborted");
});

Deno.test("over a stream: a broken stream is the cause", async () => {
  const [here, there] = memoryStreams();
  const broken = new Error("no route to host");
  const client = connect({
    ...here,
    write: () => Promise.reject(broken),
    close: () => here.close(),
  });
  const { recorder, over } = ask(client.connection);
  await over;
  await client.run.closed;
  there.close();
  assert.equal((recorder.error!.cause as Error).cause, broken);
  assert.equal(recorder.error!.message, "the connection was lost: no route to host");
});

Deno.test("over a stream: a peer of another protocol", async () => {
  const [here, there] = memoryStreams();
  const client = connect(here);
  const ping = client.connection.ping();
  await there.write(new TextEncoder().encode("permission denied\n"));
  await assert.rejects(ping, /does not speak HTTP\/2: its first bytes are "permission denied\\n"/);
  await client.run.closed;
  there.close();
  assert.ok(client.error() instanceof NotHttp2Error);
  assert.equal(here.closed, true);
});

Deno.test("over a stream: close lets an open stream finish", async () => {
  const [here, there] = memoryStreams();
  const server = serve(there), client = connect(here);
  const queue = new SendQueue();
  const { recorder, over } = ask(client.connection, queue);
  await client.connection.ping();
  const closed = client.run.close();
  queue.push(new TextEncoder().encode("last words"));
  await client.connection.ping();
  queue.end();
  await over;
  await closed;
  await server.run.closed;
  assert.equal(recorder.text, "last words");
  assert.equal(recorder.error, undefined);
  await client.run.close();
});

Deno.test("over a stream: a peer that breaks the protocol and does not read is not waited for", async () => {
  using clock = manualClock();
  const [here, there] = memoryStreams(100);
  const client = connect(here);
  const queue = new SendQueue();
  const { over } = ask(client.connection, queue);
  queue.push(new Uint8Array(10_000));
  await there.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0));
  await there.write(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0)); // DATA on stream 0
  await over;
  await clock.advance(5000);
  await client.run.closed;
  there.close();
  assert.match(client.error()!.message, /DATA on stream 0/);
});

Deno.test("over a stream: on a slow link a PING's answer does not stand behind seconds of data", async () => {
  using clock = manualClock();
  const [here, there] = memoryStreams(32_768);
  const rate = 4_000; // bytes a millisecond
  let writing = Promise.resolve();
  const slow: ByteStream = {
    ...here,
    async write(from) {
      const count = Math.min(from.length, 65_536);
      await (writing = new Promise((resolve) => after(count / rate, resolve)));
      for (let at = 0; at < count;) at += await here.write(from.subarray(at, count));
      return count;
    },
    close: () => here.close(),
  };
  const server = serve(there), client = connect(slow);
  const { over } = (() => {
    const queue = new SendQueue();
    queue.push(new Uint8Array(6 << 20));
    queue.end();
    return ask(client.connection, queue);
  })();
  await clock.advance(700);
  let milliseconds: number | undefined;
  const answered = server.connection.ping().then((took) => milliseconds = took);
  while (milliseconds === undefined) await clock.advance(10);
  client.run.abort();
  await clock.advance(100);
  await Promise.all([answered, over, client.run.closed, server.run.closed, writing]);
  assert.ok(milliseconds < 500, `${milliseconds} ms`);
});
