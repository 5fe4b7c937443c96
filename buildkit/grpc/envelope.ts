/**
 * gRPC's length-prefixed messages: one byte that says whether it is compressed, four bytes of
 * length (big endian), then the message. They are cut into HTTP/2 DATA frames anywhere
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
 */
import { Code, RpcError } from "./status.ts";

/** The largest message either side takes; BuildKit's own limit (`16 << 20`). */
const MAX_MESSAGE = 16 << 20;

/** Bytes of the prefix. */
export const PREFIX = 5;

/** Writes the prefix of a message of `length` bytes, as they are sent, to the start of `into`. */
export function writePrefix(into: Uint8Array, length: number, isCompressed = false): void {
  into[0] = isCompressed ? 1 : 0;
  into[1] = length >>> 24;
  into[2] = length >>> 16;
  into[3] = length >>> 8;
  into[4] = length;
}

/** A buffer for messages that came in pieces is kept for the next one up to this size. */
const KEEP = 4 << 20;

/** Assembles messages from chunks. */
export class EnvelopeReader {
  readonly #prefix = new Uint8Array(PREFIX);
  #prefixed = 0;
  #buffer = new Uint8Array(0);
  #message: Uint8Array | undefined;
  #filled = 0;
  readonly #limit: number;

  /** @param limit bytes; a longer message is an error */
  constructor(limit = MAX_MESSAGE) {
    this.#limit = limit;
  }

  /** True between messages: the stream may end here. */
  get complete(): boolean {
    return this.#prefixed === 0;
  }

  /**
   * Reads from `chunk` at `from` until a message is whole. Returns where it stopped; `message` is
   * then set if there is one, and valid until the next call (it may be a part of `chunk`).
   * Throws an RpcError for a message that is compressed or too long.
   */
  read(chunk: Uint8Array, from: number): number {
    this.message = undefined;
    let at = from;
    if (this.#message === undefined) {
      while (this.#prefixed < PREFIX) {
        if (at === chunk.length) return at;
        this.#prefix[this.#prefixed++] = chunk[at++]!;
      }
      const length = this.#length();
      if (at + length <= chunk.length) {
        this.#prefixed = 0;
        this.message = chunk.subarray(at, at + length);
        return at + length;
      }
      if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
      this.#message = this.#buffer.subarray(0, length);
      this.#filled = 0;
    }
    const take = Math.min(this.#message.length - this.#filled, chunk.length - at);
    this.#message.set(chunk.subarray(at, at + take), this.#filled);
    this.#filled += take;
    if (this.#filled === this.#message.length) {
      this.message = this.#message;
      this.#message = undefined;
      this.#prefixed = 0;
      if (this.#buffer.length > KEEP) this.#buffer = new Uint8Array(0);
    }
    return at + take;
  }

  /** The message that the last `read` completed. */
  message: Uint8Array | undefined;

  #length(): number {
    const p = this.#prefix;
    if (p[0] !== 0) {
      throw new RpcError(
        Code.INTERNAL,
        "cannot read a message: it is compressed, which was not offered",
      );
    }
    const length = p[1]! * 0x1000000 + (p[2]! << 16) + (p[3]! << 8) + p[4]!;
    if (length > this.#limit) {
      throw new RpcError(
        Code.RESOURCE_EXHAUSTED,
        `cannot read a message: its ${length} bytes exceed the limit of ${this.#limit}`,
      );
    }
    return length;
  }
}
