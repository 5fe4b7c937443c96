import type { TLSSocket } from "node:tls";
import type { ByteStream } from "../transports/byte_stream.ts";

/** Decrypted bytes that wait to be read; above it the socket is paused. */
const WAITING_BYTES = 256 << 10;
/** Of one write; more would be encrypted whole, and held whole, before the first byte leaves. */
const WRITE_BYTES = 256 << 10;

/**
 * A `TLSSocket` that is through with its handshake as a byte stream.
 *
 * @param below what the socket runs over; `close` closes it
 * @param explain turns the socket's errors into those a user should see
 */
export function tlsStream(
  socket: TLSSocket,
  below: ByteStream,
  explain: (error: unknown) => unknown,
): ByteStream {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  let closed = false;
  let failure = socket.errored ? { error: explain(socket.errored) } : undefined;
  let wake = () => {};
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();

  if (socket.destroyed) go();
  socket.on("data", (chunk: Uint8Array) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= WAITING_BYTES) socket.pause();
    wake();
  });
  socket.on("end", () => {
    ended = true;
    wake();
  });
  socket.on("error", (error: unknown) => {
    failure ??= { error: explain(error) };
    wake();
  });
  socket.on("close", () => {
    go();
    wake();
  });

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
    if (bytes < WAITING_BYTES / 2 && socket.isPaused()) socket.resume();
    return count;
  }

  return {
    async read(into) {
      for (;;) {
        if (closed) throw new Deno.errors.Interrupted("the stream was closed");
        if (waiting.length > 0) return take(into);
        if (failure !== undefined) throw failure.error;
        if (ended || socket.destroyed) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },

    async write(from) {
      if (closed) throw new Deno.errors.Interrupted("the stream was closed");
      const part = from.subarray(0, WRITE_BYTES);
      const { promise, resolve } = Promise.withResolvers<Error | null | undefined>();
      socket.write(part, resolve);
      const error = await promise;
      if (!error) return part.length;
      // The callback says that the socket is gone; the event before "close" says why.
      await gone;
      throw failure?.error ?? explain(error);
    },

    /** Sends close_notify; TLS 1.3 (RFC 8446 §6.1) lets the other direction go on. */
    async closeWrite() {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.end(() => resolve());
      await Promise.race([promise, gone]);
      if (failure !== undefined) throw failure.error;
    },

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
