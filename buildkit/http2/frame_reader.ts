/**
 * Reads frames from bytes that may be cut anywhere. DATA is passed on in the pieces that arrive.
 * Any other frame is collected when it arrives in pieces. So is a header block that is spread over
 * CONTINUATION frames: no other frame may come between (RFC 9113 §6.10). Padding and the old
 * priority fields are removed here.
 */
import { Code, Http2Error } from "./errors.ts";
import { Flag, Frame, getUint32, HEADER_BYTES } from "./frame.ts";
import { Sniffer } from "./sniffer.ts";

/**
 * Receives the frames. An error that it throws ends `feed`. Views are valid during the call only.
 */
export interface FrameSink {
  /** A DATA frame of `length` bytes, padding included, begins. */
  dataBegins(streamId: number, length: number): void;
  data(chunk: Uint8Array): void;
  /** The DATA frame has ended. `padding` of its bytes were not passed on. */
  dataEnds(endStream: boolean, padding: number): void;
  /** A whole header block. `dependsOn` is the stream its priority names, or -1. */
  headers(streamId: number, block: Uint8Array, endStream: boolean, dependsOn: number): void;
  /** Any other frame whose type is known. */
  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void;
}

interface FrameReaderOptions {
  role: "client" | "server";
  /** Our MAX_FRAME_SIZE: larger frames are an error. */
  maxFrame: number;
  /** The most bytes a header block may have before it is decoded. */
  maxBlock: number;
}

const EMPTY = new Uint8Array();
/** Bytes of frames of unknown types on one connection. */
const MOST_IGNORED = 1 << 20;

export class FrameReader {
  #stopped = false;

  /** Until the peer's first frame has come. */
  #sniffer: Sniffer | undefined;

  // The frame under way.
  readonly #head: Uint8Array = new Uint8Array(HEADER_BYTES);
  #headCount = 0;
  #length = 0;
  #type = -1; // -1: between frames
  #flags = 0;
  #streamId = 0;
  #tail: Uint8Array = EMPTY; // a payload that comes in pieces
  #tailCount = 0;
  #dataLeft = 0;
  #padLeft = 0; // -1: the octet that says how much has not come yet
  #padding = 0;
  #ignored = 0;

  // The header block under way.
  #blockStream = 0; // 0: none
  #blockEndStream = false;
  #blockDependsOn = -1;
  #block: Uint8Array = EMPTY;
  #blockCount = 0;
  #blockCost = 0;

  constructor(private readonly sink: FrameSink, private readonly options: FrameReaderOptions) {
    this.#sniffer = new Sniffer(options.role);
  }

  /** Stops reading, also within the current chunk. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * The peer's first bytes, at most 200, as long as they may still be something else than HTTP/2;
   * undefined after that.
   */
  get sniffed(): Uint8Array | undefined {
    return this.#sniffer?.sniffed;
  }

  /** Reads a chunk to its end. Throws Http2Error where the connection cannot go on. */
  feed(chunk: Uint8Array): void {
    let at = 0;
    if (this.#sniffer !== undefined) at = this.#sniffer.sniff(chunk);
    const end = chunk.length;
    while (at < end && !this.#stopped) {
      if (this.#type < 0) {
        at = this.#readHead(chunk, at);
      } else if (this.#type === Frame.DATA) {
        at = this.#readData(chunk, at);
      } else {
        at = this.#readPayload(chunk, at);
      }
    }
  }

  #readHead(chunk: Uint8Array, at: number): number {
    let head = chunk;
    let from = at;
    if (this.#headCount > 0 || chunk.length - at < HEADER_BYTES) {
      head = this.#head;
      from = 0;
      const some = chunk.subarray(at, at + HEADER_BYTES - this.#headCount);
      head.set(some, this.#headCount);
      this.#headCount += some.length;
      at += some.length;
      if (this.#headCount < HEADER_BYTES) return at;
      this.#headCount = 0;
    } else {
      at += HEADER_BYTES;
    }
    this.#length = (head[from]! << 16) | (head[from + 1]! << 8) | head[from + 2]!;
    this.#type = head[from + 3]!;
    this.#flags = head[from + 4]!;
    this.#streamId = getUint32(head, from + 5) & 0x7fff_ffff;
    this.#begin();
    return at;
  }

  #begin(): void {
    if (this.#sniffer !== undefined) {
      if (this.#type !== Frame.SETTINGS || (this.#flags & Flag.ACK) !== 0) {
        throw new Http2Error(Code.PROTOCOL_ERROR, "the peer's first frame is not SETTINGS");
      }
      this.#sniffer = undefined;
    }
    if (this.#length > this.options.maxFrame) {
      throw new Http2Error(
        Code.FRAME_SIZE_ERROR,
        `a frame of ${this.#length} bytes where ${this.options.maxFrame} are allowed`,
      );
    }
    if (
      this.#blockStream !== 0 &&
      (this.#type !== Frame.CONTINUATION || this.#streamId !== this.#blockStream)
    ) {
      throw new Http2Error(Code.PROTOCOL_ERROR, "a frame inside another stream's header block");
    }
    if (this.#type === Frame.DATA) {
      this.#beginData();
    } else if (this.#length === 0) {
      this.#dispatch(EMPTY);
    }
  }

  #beginData(): void {
    const padded = (this.#flags & Flag.PADDED) !== 0;
    if (this.#streamId === 0) throw new Http2Error(Code.PROTOCOL_ERROR, "DATA on stream 0");
    if (padded && this.#length === 0) {
      throw new Http2Error(Code.FRAME_SIZE_ERROR, "padded DATA without a padding length");
    }
    this.#dataLeft = this.#length;
    this.#padLeft = padded ? -1 : 0;
    this.#padding = 0;
    this.sink.dataBegins(this.#streamId, this.#length);
    if (this.#length === 0) this.#endData();
  }

  #readData(chunk: Uint8Array, at: number): number {
    if (this.#padLeft < 0) {
      const padding = chunk[at++]!;
      if (padding >= this.#length) {
        throw new Http2Error(Code.PROTOCOL_ERROR, "DATA with more padding than payload");
      }
      this.#padLeft = padding;
      this.#padding = padding + 1;
      this.#dataLeft -= padding + 1;
    }
    const data = Math.min(this.#dataLeft, chunk.length - at);
    if (data > 0) {
      this.#dataLeft -= data;
      this.sink.data(chunk.subarray(at, at + data));
      at += data;
    }
    if (this.#dataLeft > 0) return at;
    const padding = Math.min(this.#padLeft, chunk.length - at);
    this.#padLeft -= padding;
    if (this.#padLeft === 0) this.#endData();
    return at + padding;
  }

  #endData(): void {
    this.#type = -1;
    this.sink.dataEnds((this.#flags & Flag.END_STREAM) !== 0, this.#padding);
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const length = this.#length;
    if (this.#tailCount === 0 && chunk.length - at >= length) {
      this.#dispatch(chunk.subarray(at, at + length));
      return at + length;
    }
    if (this.#tail.length < length) this.#tail = new Uint8Array(length);
    const some = chunk.subarray(at, at + length - this.#tailCount);
    this.#tail.set(some, this.#tailCount);
    this.#tailCount += some.length;
    if (this.#tailCount === length) {
      this.#tailCount = 0;
      this.#dispatch(this.#tail.subarray(0, length));
    }
    return at + some.length;
  }

  #dispatch(payload: Uint8Array): void {
    const type = this.#type;
    this.#type = -1;
    if (type === Frame.HEADERS) this.#headers(payload);
    else if (type === Frame.CONTINUATION) this.#continuation(payload);
    else if (type <= Frame.WINDOW_UPDATE) {
      this.sink.frame(type, this.#flags, this.#streamId, payload);
    } else this.#ignore(payload.length);
  }

  /** Counts a frame of an unknown type (RFC 9113 §4.1): no peer needs many of them. */
  #ignore(length: number): void {
    this.#ignored += length + HEADER_BYTES;
    if (this.#ignored > MOST_IGNORED) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "too many frames of unknown types");
    }
  }

  #headers(payload: Uint8Array): void {
    if (this.#streamId === 0) throw new Http2Error(Code.PROTOCOL_ERROR, "HEADERS on stream 0");
    const padded = (this.#flags & Flag.PADDED) !== 0;
    const prioritised = (this.#flags & Flag.PRIORITY) !== 0;
    let at = padded ? 1 : 0;
    if (prioritised) at += 5;
    if (payload.length < at) throw new Http2Error(Code.FRAME_SIZE_ERROR, "HEADERS too short");
    const end = payload.length - (padded ? payload[0]! : 0);
    if (end < at) {
      throw new Http2Error(Code.PROTOCOL_ERROR, "HEADERS with more padding than payload");
    }
    const dependsOn = prioritised ? getUint32(payload, at - 5) & 0x7fff_ffff : -1;
    const endStream = (this.#flags & Flag.END_STREAM) !== 0;
    const block = payload.subarray(at, end);
    if ((this.#flags & Flag.END_HEADERS) !== 0) {
      this.sink.headers(this.#streamId, block, endStream, dependsOn);
      return;
    }
    this.#blockStream = this.#streamId;
    this.#blockEndStream = endStream;
    this.#blockDependsOn = dependsOn;
    this.#blockCount = this.#blockCost = 0;
    this.#gather(block);
  }

  #continuation(payload: Uint8Array): void {
    if (this.#blockStream === 0) {
      throw new Http2Error(Code.PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    }
    this.#gather(payload);
    if ((this.#flags & Flag.END_HEADERS) === 0) return;
    const block = this.#block.subarray(0, this.#blockCount);
    this.#block = EMPTY;
    this.#blockStream = 0;
    this.sink.headers(this.#streamId, block, this.#blockEndStream, this.#blockDependsOn);
  }

  /** Adds to the header block. Frames count too, so that empty ones can't continue without end. */
  #gather(part: Uint8Array): void {
    this.#blockCost += part.length + HEADER_BYTES;
    if (this.#blockCost > this.options.maxBlock) {
      throw new Http2Error(
        Code.ENHANCE_YOUR_CALM,
        `a header block of more than ${this.options.maxBlock} bytes`,
      );
    }
    const needed = this.#blockCount + part.length;
    if (this.#block.length < needed) {
      const larger = new Uint8Array(needed * 2);
      larger.set(this.#block.subarray(0, this.#blockCount));
      this.#block = larger;
    }
    this.#block.set(part, this.#blockCount);
    this.#blockCount = needed;
  }
}
