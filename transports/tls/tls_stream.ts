import type { TLSSocket } from "node:tls";
import { type ByteStream, streamClosed } from "../byte_stream.ts";
import type { Below } from "./tls_duplex.ts";

/** The largest write, in bytes: node encrypts all of a write before the first byte leaves. */
const WRITE_BYTES = 64 << 10;
/** Disables the socket's own limit, because the socket must not pause itself: see `duplexOf`. */
export const READS_ALL = { highWaterMark: 1 << 30 };

/** The limit of decrypted bytes that wait to be read, from which on reading below pauses. */
const WAITING_BYTES = 256 << 10;

/**
 * Makes a `TLSSocket` that has completed its handshake a byte stream.
 *
 * @param socket made with `READS_ALL`
 * @param below the stream below the socket; `close` closes it
 * @param explain turns the socket's errors into those for the user
 */
export function tlsStream(
  socket: TLSSocket,
  below: Below,
  explain: (error: unknown) => unknown,
): ByteStream {
  const waiting: Uint8Array[] = [];
  const { duplex, hold } = below;
  let bytes = 0;
  let ended = false;
  let closed = false;
  let failure = socket.errored ? { error: explain(socket.errored) } : undefined;
  let ending: Promise<void> | undefined;
  let wake = () => {};
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();

  if (socket.destroyed) go();
  socket.on("data", (chunk: Uint8Array) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= WAITING_BYTES) hold(true);
    wake();
  });
  socket.on("end", () => {
    ended = true;
    wake();
  });
  // The socket does not report every error of its Duplex. After the far side's end it still accepts
  // writes, and drops them.
  for (const each of [socket, duplex]) {
    each.on("error", (error: unknown) => {
      failure ??= { error: explain(error) };
      wake();
    });
    each.on("close", () => {
      go();
      wake();
    });
  }
  socket.resume();

  const cause = () => failure?.error;

  function take(into: Uint8Array): number {
    let count = 0;
    while (count < into.length && waiting.length > 0) {
      const chunk = waiting[0]!;
      const part = chunk.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      if (part.length === chunk.length) waiting.shift();
      else waiting[0] = chunk.subarray(part.length);
    }
    bytes -= count;
    if (bytes < WAITING_BYTES) hold(false);
    return count;
  }

  async function end(): Promise<void> {
    // The socket emits "finish" before the alert has been written. When the far side has ended too,
    // the socket destroys itself meanwhile.
    const alert = below.writes();
    socket.end();
    await Promise.race([alert, gone]);
    await below.idle();
    if (failure !== undefined) throw cause();
  }

  return {
    async read(into) {
      for (;;) {
        if (closed) throw streamClosed();
        if (waiting.length > 0) return take(into);
        if (ended) return null;
        if (failure !== undefined) throw failure.error;
        if (socket.destroyed || duplex.destroyed) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },

    async write(from) {
      if (closed) throw streamClosed();
      if (failure !== undefined) throw cause();
      if (duplex.destroyed) throw new Deno.errors.BrokenPipe("the connection is gone");
      const part = from.subarray(0, WRITE_BYTES);
      const { promise, resolve } = Promise.withResolvers<Error | null | undefined>();
      socket.write(part, resolve);
      const error = await promise;
      if (!error) return part.length;
      // The callback reports only that the socket is gone; the event before "close" has the reason.
      await gone;
      throw cause() ?? explain(error);
    },

    /** Sends close_notify; TLS 1.3 (RFC 8446 §6.1) lets the other direction go on. */
    closeWrite: () => ending ??= end(),

    close() {
      if (closed) return;
      closed = true;
      waiting.length = 0;
      socket.destroy();
      below.close();
      wake();
    },
  };
}
