/** Turns the kinds of streams that a plugin may return into a `ByteStream`. */
import type { Duplex } from "node:stream";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { duplexStream } from "../net/duplex_stream.ts";

/** A pair of web streams of bytes. */
interface WebPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** The most bytes that one write copies. */
const WRITE_BYTES = 64 << 10;

/** Turns a `ByteStream`, a node Duplex or a web pair into one; undefined for another value. */
export function byteStreamOf(stream: unknown): ByteStream | undefined {
  if (typeof stream !== "object" || stream === null) return undefined;
  // The stream may be a socket of Deno, which must not be closed twice.
  if (has(stream, "read", "write", "closeWrite", "close")) return streamOf(stream as Deno.Conn);
  if (has(stream, "on", "read", "write", "end", "destroy")) {
    const duplex = stream as Duplex;
    return duplexStream(duplex, { foreign: true, close: () => duplex.destroy() });
  }
  const { readable, writable } = stream as Partial<WebPair>;
  if (!(readable instanceof ReadableStream) || !(writable instanceof WritableStream)) {
    return undefined;
  }
  return ofWebPair({ readable, writable }, { copies: true });
}

function has(value: object, ...methods: string[]): boolean {
  return methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

/** Options of `ofWebPair`. */
interface PairUse {
  /** True if the writable may keep the bytes of a write, so that it needs a copy. */
  readonly copies?: boolean;
  /** Called once, when the stream is closed. */
  onClose?(): void;
}

/** Turns two web streams, such as a child's stdio, into a `ByteStream`. */
export function ofWebPair({ readable, writable }: WebPair, use: PairUse = {}): ByteStream {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const closing = Promise.withResolvers<"closed">();
  let waiting: Uint8Array = new Uint8Array();
  let closed = false;
  // Reads and writes report these failures.
  reader.closed.catch(() => {});
  writer.closed.catch(() => {});

  return {
    async read(into) {
      while (waiting.length === 0) {
        if (closed) throw interrupted();
        const { value, done } = await reader.read();
        if (closed) throw interrupted();
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
      if (closed) throw interrupted();
      const part = use.copies ? from.slice(0, WRITE_BYTES) : from;
      const writing = writer.write(part).then(() => "written" as const);
      writing.catch(() => {});
      if (await Promise.race([writing, closing.promise]) === "closed") throw interrupted();
      return part.length;
    },

    async closeWrite() {
      if (closed) return;
      await Promise.race([writer.close().catch(() => {}), closing.promise]);
    },

    close() {
      if (closed) return;
      closed = true;
      waiting = new Uint8Array();
      closing.resolve("closed");
      reader.cancel().catch(() => {});
      // close() would wait for a pending write that nobody reads any more.
      writer.abort().catch(() => {});
      use.onClose?.();
    },
  };
}

function interrupted(): Error {
  return new Deno.errors.Interrupted("the stream was closed");
}
