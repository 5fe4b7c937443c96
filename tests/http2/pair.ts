/**
 * Two connections joined without I/O, and a byte stream in memory, for the tests of
 * `buildkit/http2`.
 */
import { Connection, type ConnectionOptions } from "../../buildkit/http2/connection.ts";
import type { Http2Error } from "../../buildkit/http2/errors.ts";
import type { Header } from "../../buildkit/http2/hpack.ts";
import type { Stream, StreamHandler } from "../../buildkit/http2/stream.ts";
import type { ByteStream } from "../../transports/byte_stream.ts";

export const REQUEST: readonly Header[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "there"],
  [":path", "/thing"],
];
export const OK: readonly Header[] = [[":status", "200"]];

export interface Pair {
  client: Connection;
  server: Connection;
  /** Carries bytes both ways until both sides are quiet. Returns how many. */
  settle(): number;
}

/**
 * `size` gives the length of each next piece; the pieces are laid out and handed over at that
 * length.
 */
export function pair(
  server: ConnectionOptions,
  client: ConnectionOptions = {},
  size: () => number = () => 65_536,
): Pair {
  const ends = {
    client: new Connection("client", client),
    server: new Connection("server", server),
  };
  return { ...ends, settle: () => settle(ends.client, ends.server, size) };
}

export function settle(one: Connection, other: Connection, size = () => 65_536): number {
  let total = 0;
  for (let moved = -1; moved !== total;) {
    moved = total;
    total += carry(one, other, size()) + carry(other, one, size());
  }
  return total;
}

/** Carries at most `size` bytes. */
export function carry(from: Connection, to: Connection, size: number): number {
  const buffer = new Uint8Array(size);
  const promised = from.available();
  const count = from.pull(buffer);
  if (count < Math.min(promised, size)) throw new Error(`${promised} were promised, ${count} came`);
  to.receive(buffer.subarray(0, count));
  buffer.fill(0xee); // whoever kept a view of it reads nonsense
  return count;
}

/** A handler that records its calls. It gives data back at once, unless `credit` is false. */
export class Recorder implements StreamHandler {
  readonly log: string[] = [];
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  stream: Stream | undefined;
  error: Http2Error | undefined;
  closedTimes = 0;
  credit = true;

  headers(list: Header[], endStream: boolean): void {
    this.log.push(`headers ${fields(list)}${endStream ? " end" : ""}`);
  }
  data(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.chunks.push(chunk.slice());
    if (this.credit) this.stream?.credit(chunk.length);
  }
  trailers(list: Header[]): void {
    this.log.push(`trailers ${fields(list)}`);
  }
  end(): void {
    this.log.push("end");
  }
  closed(error?: Http2Error): void {
    this.closedTimes++;
    this.error = error;
    this.log.push(error === undefined ? "closed" : `closed by ${error.code}`);
  }
  get text(): string {
    return this.chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
  }
}

export function fields(list: readonly Header[]): string {
  return list.map(([name, value]) => `${name}=${value}`).join(" ");
}

/** One direction of a stream in memory: at most `capacity` bytes under way. */
class Pipe {
  #held: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};
  broken = false;

  constructor(readonly capacity: number) {}

  async write(from: Uint8Array): Promise<number> {
    while (this.#bytes >= this.capacity && !this.broken) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    if (this.broken) throw new Error("broken pipe");
    const count = Math.min(from.length, this.capacity - this.#bytes);
    this.#held.push(from.slice(0, count));
    this.#bytes += count;
    this.#wakeReader();
    return count;
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes === 0 && !this.#ended && !this.broken) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    if (this.broken) throw new Error("closed while reading");
    const first = this.#held[0];
    if (first === undefined) return null;
    const count = Math.min(into.length, first.length);
    into.set(first.subarray(0, count));
    if (count === first.length) this.#held.shift();
    else this.#held[0] = first.subarray(count);
    this.#bytes -= count;
    this.#wakeWriter();
    return count;
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  break(): void {
    this.broken = true;
    this.#wakeReader();
    this.#wakeWriter();
  }
}

export interface MemoryStream extends ByteStream {
  closed: boolean;
}

/** Two byte streams that end in each other. */
export function memoryStreams(capacity = 65_536): [MemoryStream, MemoryStream] {
  const there = new Pipe(capacity), back = new Pipe(capacity);
  const end = (incoming: Pipe, outgoing: Pipe): MemoryStream => ({
    closed: false,
    read: (into) => incoming.read(into),
    write: (from) => outgoing.write(from),
    closeWrite() {
      outgoing.end();
      return Promise.resolve();
    },
    close() {
      this.closed = true;
      outgoing.end();
      incoming.break();
    },
  });
  return [end(back, there), end(there, back)];
}
