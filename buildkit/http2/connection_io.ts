/**
 * Runs a connection over a byte stream. One loop reads into one buffer. The other writes: one
 * `write` for all that was queued in a turn of the event loop, from two buffers in turn, so that
 * one is filled while the other is on its way.
 *
 * No frame can overtake bytes that are already in a buffer. So the buffers of a slow link are
 * smaller: the answer to a PING must not wait behind seconds of data.
 */
import type { ByteStream } from "../../transports/byte_stream.ts";
import { after } from "../../base/async.ts";
import { received, sentAll } from "../../base/while_waiting.ts";
import type { Connection } from "./connection.ts";

/** The first and the largest size of a buffer in bytes. Full buffers grow. */
const [READ_FIRST, READ_MOST] = [16 << 10, 256 << 10];
const [WRITE_FIRST, WRITE_MOST] = [16 << 10, 1 << 20];
/** The smallest buffer, in bytes, of a slow link. */
const LEAST = 64 << 10;
/** Milliseconds that the peer gets to read the last frames, such as GOAWAY. */
const GRACE = 1000;
/** Milliseconds that a buffer should take. A slower one is halved, one of a quarter is doubled. */
const SLOW = 80;

export interface RunningConnection {
  /** Resolves, never rejects, when the connection is over and its byte stream closed. */
  readonly closed: Promise<void>;
  /** Sends GOAWAY, waits for the open streams to end, then closes; resolves as `closed` does. */
  close(): Promise<void>;
  /** Ends the connection at once; streams end with `cause`. */
  abort(cause?: unknown): void;
}

/**
 * Runs `connection` over `stream`, which it closes in the end. The first write goes out within this
 * turn of the event loop.
 */
export function runConnection(connection: Connection, stream: ByteStream): RunningConnection {
  let limit = WRITE_FIRST;
  let front = new Uint8Array(WRITE_FIRST);
  let back = new Uint8Array(WRITE_FIRST);
  let scheduled = false;
  let writing = false;
  let shut = false;
  let stopGrace: (() => void) | undefined;

  const { promise: written, resolve: allWritten } = Promise.withResolvers<void>();

  function fail(cause: unknown): void {
    connection.lost(cause);
    shutDown();
  }

  function shutDown(): void {
    if (shut) return;
    shut = true;
    stopGrace?.();
    stream.close();
    allWritten();
  }

  async function writeWhole(bytes: Uint8Array): Promise<void> {
    const started = performance.now();
    for (let sent = 0; sent < bytes.length;) {
      sent += await stream.write(sent === 0 ? bytes : bytes.subarray(sent));
    }
    const took = performance.now() - started;
    if (took > SLOW) limit = Math.max(LEAST, limit >> 1);
    else if (took < SLOW / 4 && bytes.length === limit) limit = Math.min(WRITE_MOST, limit << 1);
  }

  /** Writes queued frames, up to the limit, into the front buffer. */
  function layOut(): number {
    if (front.length < limit) front = new Uint8Array(limit);
    return connection.pull(front.subarray(0, limit));
  }

  async function writeAll(): Promise<void> {
    let count = layOut();
    while (count > 0 && !shut) {
      const done = writeWhole(front.subarray(0, count));
      [front, back] = [back, front];
      count = layOut();
      await done;
      if (count === 0) count = layOut();
    }
    sentAll();
  }

  async function flush(): Promise<void> {
    scheduled = false;
    if (connection.over && !shut) stopGrace ??= after(GRACE, shutDown);
    if (writing || shut) return;
    writing = true;
    try {
      await writeAll();
      if (connection.over) {
        await stream.closeWrite().catch(() => {});
        shutDown();
      }
    } catch (error) {
      fail(error);
    } finally {
      writing = false;
    }
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  }

  async function readAll(): Promise<void> {
    let buffer = new Uint8Array(READ_FIRST);
    try {
      while (!connection.over) {
        const count = await stream.read(buffer);
        received();
        if (count === null) {
          connection.lost();
          break;
        }
        connection.receive(buffer.subarray(0, count));
        if (count === buffer.length && count < READ_MOST) buffer = new Uint8Array(count * 2);
      }
      schedule();
    } catch (error) {
      fail(error);
    }
  }

  connection.onWritable = schedule;
  schedule();
  const closed = Promise.all([readAll(), written]).then(() => {});
  return {
    closed,
    close() {
      connection.close();
      schedule();
      return closed;
    },
    abort(cause) {
      fail(cause ?? new Error("aborted"));
    },
  };
}
