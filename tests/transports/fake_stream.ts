import type { ByteStream } from "../../transports/byte_stream.ts";

/** A byte stream without a far side, for orders of reads and writes that no socket gives surely. */
export interface FakeStream {
  readonly stream: ByteStream;
  /** The bytes of each write. */
  readonly sent: Uint8Array<ArrayBuffer>[];
  /** Whether the stream was closed. */
  closed(): boolean;
}

/**
 * A far side that has said `said` already.
 * @param reads the most bytes of a read
 * @param writes the most bytes of a write
 */
export function fakeStream(said: Uint8Array | string, reads = Infinity, writes = 7): FakeStream {
  const bytes = typeof said === "string" ? new TextEncoder().encode(said) : said;
  const sent: Uint8Array<ArrayBuffer>[] = [];
  let [at, closed] = [0, false];
  const stream: ByteStream = {
    read(into) {
      if (at === bytes.length) return Promise.resolve(null);
      const part = bytes.subarray(at, at + Math.min(reads, into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    write(from) {
      sent.push(from.slice(0, writes));
      return Promise.resolve(sent.at(-1)!.length);
    },
    closeWrite: () => Promise.resolve(),
    close: () => void (closed = true),
  };
  return { stream, sent, closed: () => closed };
}
