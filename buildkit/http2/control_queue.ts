/**
 * The queue of encoded frames other than DATA, as bytes: new frames are added at the end, and sent
 * bytes are taken from the front.
 */
import { Flag, Frame, HEADER_BYTES, putFrameHeader, putUint32 } from "./frame.ts";

export class ControlQueue {
  #buffer: Uint8Array = new Uint8Array(1024);
  #start = 0;
  #end = 0;
  #provoked = 0;

  /** `onBytes` is called whenever a frame has been queued. */
  constructor(private readonly onBytes: () => void) {}

  /** Bytes waiting. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The most bytes of the queue that may be answers demanded by the peer. */
  get provoked(): number {
    return Math.min(this.#provoked, this.length);
  }

  /** Moves as many bytes as fit to `into[at..)` and returns how many. */
  take(into: Uint8Array, at: number): number {
    const count = Math.min(this.#end - this.#start, into.length - at);
    into.set(this.#buffer.subarray(this.#start, this.#start + count), at);
    this.#start += count;
    if (this.#start === this.#end) this.#start = this.#end = this.#provoked = 0;
    return count;
  }

  /** Queues bytes unchanged: the client's preface. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length); // may change the buffer
    this.#buffer.set(bytes, at);
    this.onBytes();
  }

  /** SETTINGS with `pairs` of identifier and value. */
  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    let at = this.#frame(pairs.length * 6, Frame.SETTINGS, 0, 0);
    for (const [id, value] of pairs) {
      this.#buffer[at] = id >>> 8;
      this.#buffer[at + 1] = id;
      putUint32(this.#buffer, at + 2, value);
      at += 6;
    }
    this.onBytes();
  }

  settingsAck(): void {
    this.#frame(0, Frame.SETTINGS, Flag.ACK, 0);
    this.#answered(HEADER_BYTES);
  }

  /** PING with eight opaque bytes. */
  ping(opaque: Uint8Array, ack: boolean): void {
    const at = this.#frame(8, Frame.PING, ack ? Flag.ACK : 0, 0);
    this.#buffer.set(opaque, at);
    this.#answered(ack ? HEADER_BYTES + 8 : 0);
  }

  windowUpdate(streamId: number, increment: number): void {
    const at = this.#frame(4, Frame.WINDOW_UPDATE, 0, streamId);
    putUint32(this.#buffer, at, increment);
    this.#answered(HEADER_BYTES + 4);
  }

  rstStream(streamId: number, code: number): void {
    const at = this.#frame(4, Frame.RST_STREAM, 0, streamId);
    putUint32(this.#buffer, at, code);
    this.#answered(HEADER_BYTES + 4);
  }

  goaway(lastStreamId: number, code: number, debug: string): void {
    const text = new TextEncoder().encode(debug).subarray(0, 512);
    const at = this.#frame(8 + text.length, Frame.GOAWAY, 0, 0);
    putUint32(this.#buffer, at, lastStreamId);
    putUint32(this.#buffer, at + 4, code);
    this.#buffer.set(text, at + 8);
    this.onBytes();
  }

  /** Queues a header block, in as many CONTINUATION frames as `maxFrame` requires. */
  headers(streamId: number, block: Uint8Array, endStream: boolean, maxFrame: number): void {
    let sent = 0;
    do {
      const length = Math.min(block.length - sent, maxFrame);
      const type = sent === 0 ? Frame.HEADERS : Frame.CONTINUATION;
      let flags = sent === 0 && endStream ? Flag.END_STREAM : 0;
      if (sent + length === block.length) flags |= Flag.END_HEADERS;
      const at = this.#frame(length, type, flags, streamId);
      this.#buffer.set(block.subarray(sent, sent + length), at);
      sent += length;
    } while (sent < block.length);
    this.onBytes();
  }

  /** DATA of no bytes that ends the stream. */
  endStream(streamId: number): void {
    this.#frame(0, Frame.DATA, Flag.END_STREAM, streamId);
    this.onBytes();
  }

  #answered(bytes: number): void {
    this.#provoked += bytes;
    this.onBytes();
  }

  /** Queues a frame header with room for its payload, and returns the index of that room. */
  #frame(length: number, type: number, flags: number, streamId: number): number {
    const at = this.#reserve(HEADER_BYTES + length);
    putFrameHeader(this.#buffer, at, length, type, flags, streamId);
    return at + HEADER_BYTES;
  }

  #reserve(bytes: number): number {
    if (this.#end + bytes > this.#buffer.length) {
      const waiting = this.#buffer.subarray(this.#start, this.#end);
      const fits = waiting.length + bytes <= this.#buffer.length / 2;
      if (fits) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
      } else {
        const larger = new Uint8Array(
          Math.max(this.#buffer.length * 2, (waiting.length + bytes) * 2),
        );
        larger.set(waiting);
        this.#buffer = larger;
      }
      this.#end = waiting.length;
      this.#start = 0;
    }
    const at = this.#end;
    this.#end += bytes;
    return at;
  }
}
