/**
 * A WebSocket client (RFC 6455) on a connection that has been upgraded to it. Frames are read one
 * by one, and no further than requested, so that a paused reader stops the sender.
 *
 *     byte 0       FIN, three reserved bits, opcode
 *     byte 1       MASK, length; 126: two bytes of length follow, 127: eight
 *     4 bytes      the mask, in a client's frames
 */
import { writeAll } from "../../base/bytes.ts";
import type { HttpHead } from "./http1.ts";
import type { ByteStream } from "../byte_stream.ts";

/** A peer broke the protocol, or closed within a frame. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
}

const CONTINUATION = 0;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** The longest control frame (§5.5). */
const LONGEST_CONTROL = 125;
const BUFFER = 32 << 10;
/** The largest payload of a sent frame, in bytes. */
export const FRAME_BYTES = 32 << 10;
/** The text that every server appends to a client's key (§1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Makes the headers that ask for an upgrade, and the check of the answer's headers. */
export function webSocketUpgrade(protocols: readonly string[]) {
  const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
  return {
    headers: {
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Protocol": protocols.join(", "),
    },
    /** Returns the chosen protocol. Throws `WebSocketError`. */
    async accepted({ headers }: HttpHead): Promise<string> {
      const bytes = new TextEncoder().encode(key + GUID);
      const expected = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
      if (headers.get("sec-websocket-accept") !== expected) {
        throw new WebSocketError("the upgrade was not answered by a WebSocket server");
      }
      const chosen = headers.get("sec-websocket-protocol") ?? "";
      if (protocols.includes(chosen)) return chosen;
      throw new WebSocketError(
        `the server speaks ${chosen || "no protocol by name"}, and not ${protocols.join(" or ")}`,
      );
    },
  };
}

/** An open WebSocket. One read and any number of writes at a time. */
export class WebSocketClient {
  readonly #buffer = new Uint8Array(BUFFER);
  readonly #sending = new Uint8Array(14 + FRAME_BYTES + 4);
  #at = 0;
  #end = 0;
  /** The unread bytes of the present frame's payload. */
  #left = 0;
  /** The last write, because frames must not overlap. */
  #turn: Promise<void> = Promise.resolve();
  #heard = performance.now();
  /** The payload of a pong that waits to be sent. */
  #pong: Uint8Array | undefined;

  constructor(private readonly stream: ByteStream) {}

  /** The time of the last bytes received, on the clock of `performance.now()`. */
  get heard(): number {
    return this.#heard;
  }

  /** The number of unread bytes in the present frame's payload. */
  get left(): number {
    return this.#left;
  }

  /**
   * Goes to the next data frame, once the last one has been read; undefined when the server has
   * closed. Answers pings. Throws `WebSocketError`, and the stream's errors.
   * @returns whether the frame begins a message, or continues one
   */
  async frame(): Promise<{ readonly begins: boolean } | undefined> {
    for (;;) {
      if (!await this.#need(2, true)) return undefined;
      const [first, second] = [this.#buffer[this.#at]!, this.#buffer[this.#at + 1]!];
      const opcode = first & 0x0f;
      const extended = (second & 0x7f) === 127 ? 8 : (second & 0x7f) === 126 ? 2 : 0;
      if ((first & 0x70) !== 0 || (second & 0x80) !== 0) {
        throw new WebSocketError("the server sent a frame with reserved bits or a mask");
      }
      await this.#need(2 + extended);
      const view = new DataView(this.#buffer.buffer, this.#at + 2);
      this.#left = extended === 8
        ? Number(view.getBigUint64(0))
        : extended === 2
        ? view.getUint16(0)
        : second & 0x7f;
      this.#at += 2 + extended;
      if (opcode <= BINARY) return { begins: opcode !== CONTINUATION };
      if (opcode !== CLOSE && opcode !== PING && opcode !== PONG || this.#left > LONGEST_CONTROL) {
        throw new WebSocketError(`the server sent a frame of the unknown kind ${opcode}`);
      }
      await this.#need(this.#left);
      const payload = this.#buffer.slice(this.#at, this.#at + this.#left);
      this.#at += this.#left;
      this.#left = 0;
      if (opcode === CLOSE) return undefined;
      if (opcode === PING) this.#answer(payload);
    }
  }

  /** Reads some of the present frame's payload: at least one byte, where any are left. */
  async read(into: Uint8Array): Promise<number> {
    const most = Math.min(into.length, this.#left);
    if (most === 0) return 0;
    if (this.#at === this.#end && most >= BUFFER / 2) {
      // Long payloads go into `into` without a copy.
      const count = await this.#fill(into.subarray(0, most));
      this.#left -= count;
      return count;
    }
    await this.#need(1);
    const part = this.#buffer.subarray(this.#at, Math.min(this.#end, this.#at + most));
    into.set(part);
    this.#at += part.length;
    this.#left -= part.length;
    return part.length;
  }

  /** Sends a binary message of up to `FRAME_BYTES`: a prefix and a payload. */
  send(prefix: Uint8Array, payload: Uint8Array): Promise<void> {
    return this.#send(BINARY, prefix, payload);
  }

  ping(): Promise<void> {
    return this.#send(PING);
  }

  /** Frees the connection. */
  close(): void {
    this.stream.close();
  }

  /**
   * Answers only the last ping (§5.5.3), so that a server that reads nothing can't make answers
   * pile up.
   */
  #answer(payload: Uint8Array): void {
    const isWaiting = this.#pong !== undefined;
    this.#pong = payload;
    if (isWaiting) return;
    this.#turn = this.#turn.then(async () => {
      const latest = this.#pong!;
      this.#pong = undefined;
      await this.#write(PONG, [latest]);
    }).catch(() => {});
  }

  #send(opcode: number, ...parts: Uint8Array[]): Promise<void> {
    const sent = this.#turn.then(() => this.#write(opcode, parts));
    this.#turn = sent.catch(() => {});
    return sent;
  }

  async #write(opcode: number, parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const start = header(this.#sending, opcode, length);
    let at = start;
    for (const part of parts) {
      this.#sending.set(part, at);
      at += part.length;
    }
    mask(this.#sending, start - 4, at);
    await writeAll(this.stream, this.#sending.subarray(0, at));
  }

  /** Waits until the buffer holds `count` bytes; false at the end, where `mayEnd` allows it. */
  async #need(count: number, mayEnd = false): Promise<boolean> {
    while (this.#end - this.#at < count) {
      this.#buffer.copyWithin(0, this.#at, this.#end);
      [this.#at, this.#end] = [0, this.#end - this.#at];
      if (mayEnd && this.#end === 0) {
        const got = await this.stream.read(this.#buffer);
        if (got === null) return false;
        this.#heard = performance.now();
        this.#end = got;
      } else this.#end += await this.#fill(this.#buffer.subarray(this.#end));
    }
    return true;
  }

  async #fill(into: Uint8Array): Promise<number> {
    const count = await this.stream.read(into);
    if (count === null) throw new WebSocketError("the connection ended inside a frame");
    this.#heard = performance.now();
    return count;
  }
}

/** Writes a final frame's header with a new mask; returns the payload's position. */
function header(into: Uint8Array, opcode: number, length: number): number {
  const view = new DataView(into.buffer);
  into[0] = 0x80 | opcode;
  let at = 2;
  if (length < 126) into[1] = 0x80 | length;
  else {
    into[1] = 0x80 | 126;
    view.setUint16(2, length);
    at = 4;
  }
  crypto.getRandomValues(into.subarray(at, at + 4));
  return at + 4;
}

/** Masks the bytes between the mask, at `at`, and `end`: four bytes at a time. */
function mask(bytes: Uint8Array, at: number, end: number): void {
  const view = new DataView(bytes.buffer);
  const key = view.getUint32(at);
  for (let i = at + 4; i < end; i += 4) view.setUint32(i, view.getUint32(i) ^ key);
}
