import type { Duplex } from "node:stream";
import { type ByteStream, streamClosed } from "../byte_stream.ts";

/** The largest write, in bytes: a channel takes no more at once, and the connection is shared. */
const WRITE_BYTES = 64 << 10;

/** The hooks of a Duplex's stream. */
interface DuplexUse {
  /** Called once, when the stream is closed: destroys the Duplex. */
  close(): void;
  /** True for a Duplex of a plugin: it may keep a write's bytes, and stay open after an error. */
  readonly foreign?: boolean;
}

/**
 * Makes a node Duplex a byte stream. Unless it is foreign, its "close" event must follow its end or
 * its `close`.
 */
export function duplexStream(duplex: Duplex, use: DuplexUse): ByteStream {
  let waiting: Uint8Array = new Uint8Array();
  let closed = false;
  let ended = false;
  let gone = false;
  let broken: Error | undefined;
  let wake = () => {};
  const { promise: over, resolve: end } = Promise.withResolvers<void>();

  duplex.on("readable", () => wake());
  duplex.on("end", () => {
    ended = true;
    wake();
  });
  duplex.on("error", (error: Error) => {
    broken ??= error;
    if (use.foreign) end();
    wake();
  });
  // ssh2's channels never call a write's callback when they close first.
  duplex.on("close", () => {
    gone = true;
    end();
    wake();
  });

  const unwritable = () =>
    closed ? streamClosed() : broken ?? new Deno.errors.BrokenPipe("the connection is closed");

  return {
    async read(into) {
      for (;;) {
        if (closed) throw streamClosed();
        if (waiting.length === 0) waiting = (duplex.read() as Uint8Array | null) ?? waiting;
        if (waiting.length > 0) {
          const part = waiting.subarray(0, into.length);
          into.set(part);
          waiting = waiting.subarray(part.length);
          return part.length;
        }
        if (broken !== undefined) throw broken;
        if (ended || gone) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },

    async write(from) {
      if (closed) throw streamClosed();
      if (gone) throw unwritable();
      const part = use.foreign ? from.slice(0, WRITE_BYTES) : from.subarray(0, WRITE_BYTES);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      duplex.write(part, (error) => error ? reject(error) : resolve());
      const done = promise.then(() => true);
      if (await Promise.race([done, over.then(() => false)])) return part.length;
      done.catch(() => {});
      throw unwritable();
    },

    async closeWrite() {
      if (closed || gone) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      duplex.end(() => resolve());
      await Promise.race([promise, over]);
    },

    close() {
      if (closed) return;
      closed = true;
      end();
      use.close();
      // Bytes that still come until the far side has closed are dropped.
      duplex.resume?.();
      wake();
    },
  };
}
