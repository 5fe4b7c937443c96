import { type ByteStream, streamClosed } from "../byte_stream.ts";

/** A pair of web streams of bytes. */
export interface WebPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** The most bytes that one write copies. */
const WRITE_BYTES = 64 << 10;

/** Options of `ofWebPair`. */
interface PairUse {
  /** True if the writable may keep the bytes of a write, so that it needs a copy. */
  readonly copies?: boolean;
  /** Settles when nobody takes bytes any more, although another process may hold the pipe open. */
  readonly over?: Promise<unknown>;
  /** Called once, when the stream is closed. */
  onClose?(): void;
}

/** Turns two web streams, such as a child's stdio, into a `ByteStream`. */
export function ofWebPair({ readable, writable }: WebPair, use: PairUse = {}): ByteStream {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const { promise: over, resolve: end } = Promise.withResolvers<"over">();
  let waiting: Uint8Array = new Uint8Array();
  let closed = false;
  // Reads and writes report these failures.
  reader.closed.catch(() => {});
  writer.closed.catch(() => {});
  void use.over?.then(() => end("over"));

  return {
    async read(into) {
      while (waiting.length === 0) {
        if (closed) throw streamClosed();
        const { value, done } = await reader.read();
        if (closed) throw streamClosed();
        if (done) return null;
        if (!(value instanceof Uint8Array)) throw new TypeError("the stream holds no bytes");
        waiting = value;
      }
      const part = waiting.subarray(0, into.length);
      into.set(part);
      waiting = waiting.subarray(part.length);
      return part.length;
    },

    async write(from) {
      if (closed) throw streamClosed();
      const part = use.copies ? from.slice(0, WRITE_BYTES) : from;
      const writing = writer.write(part).then(() => "written" as const);
      writing.catch(() => {});
      if (await Promise.race([writing, over]) === "written") return part.length;
      throw closed ? streamClosed() : new Deno.errors.BrokenPipe("the program has ended");
    },

    async closeWrite() {
      await Promise.race([writer.close().catch(() => {}), over]);
    },

    close() {
      if (closed) return;
      closed = true;
      waiting = new Uint8Array();
      end("over");
      reader.cancel().catch(() => {});
      // close() would wait for a pending write that nobody reads any more.
      writer.abort().catch(() => {});
      use.onClose?.();
    },
  };
}
