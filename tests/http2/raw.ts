/** Frames written by hand, for a connection's other end that behaves as ours never would. */
import { Flag, Frame, HEADER_BYTES, PREFACE, putFrameHeader } from "../../buildkit/http2/frame.ts";
import { FrameReader, type FrameSink } from "../../buildkit/http2/frame_reader.ts";
import { type Header, HpackDecoder, HpackEncoder } from "../../buildkit/http2/hpack.ts";
import type { Connection } from "../../buildkit/http2/connection.ts";
import { joinBytes } from "../../base/bytes.ts";
import { fields } from "./pair.ts";

export { Flag, Frame, PREFACE };

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: ArrayLike<number> | string = [],
): Uint8Array {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : Uint8Array.from(payload);
  const whole = new Uint8Array(HEADER_BYTES + bytes.length);
  putFrameHeader(whole, 0, bytes.length, type, flags, streamId);
  whole.set(bytes, HEADER_BYTES);
  return whole;
}

export function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export const SETTINGS = frame(Frame.SETTINGS, 0, 0);
export const settings = (id: number, value: number): Uint8Array =>
  frame(Frame.SETTINGS, 0, 0, [0, id, ...uint32(value)]);
export const windowUpdate = (streamId: number, increment: number): Uint8Array =>
  frame(Frame.WINDOW_UPDATE, 0, streamId, uint32(increment));
export const rstStream = (streamId: number, code: number): Uint8Array =>
  frame(Frame.RST_STREAM, 0, streamId, uint32(code));
export const goaway = (lastStreamId: number, code: number, debug = ""): Uint8Array =>
  frame(Frame.GOAWAY, 0, 0, [
    ...uint32(lastStreamId),
    ...uint32(code),
    ...new TextEncoder().encode(debug),
  ]);
/** A header block of its own: no decoder needs to have seen another. */
export const block = (list: readonly Header[]): Uint8Array =>
  new HpackEncoder().encode(list).slice();
export const headers = (streamId: number, list: readonly Header[], flags = 0): Uint8Array =>
  frame(Frame.HEADERS, Flag.END_HEADERS | flags, streamId, block(list));

export const join = (...parts: Uint8Array[]) => joinBytes(parts);

const names = Object.entries(Frame);

/** Reads what a connection sends, and writes it down a line a frame. */
export class Reader implements FrameSink {
  readonly lines: string[] = [];
  /** Bytes of DATA, by stream. */
  readonly bytes = new Map<number, number>();
  readonly #decoder = new HpackDecoder(1 << 24);
  readonly #reader: FrameReader;
  #line = "";
  #streamId = 0;

  /** `role`: of the end that reads. */
  constructor(role: "client" | "server") {
    this.#reader = new FrameReader(this, { role, maxFrame: 16_777_215, maxBlock: 1 << 24 });
  }

  /** Pulls all there is and returns the new lines. */
  read(from: Connection, size = 1 << 18): string[] {
    this.lines.length = 0;
    if (from.available() === 0) return [];
    const buffer = new Uint8Array(size);
    for (let count; (count = from.pull(buffer)) > 0;) this.#reader.feed(buffer.subarray(0, count));
    return [...this.lines];
  }

  dataBegins(streamId: number, length: number): void {
    this.#streamId = streamId;
    this.#line = `DATA ${streamId} ${length}`;
    this.bytes.set(streamId, (this.bytes.get(streamId) ?? 0) + length);
  }
  data(): void {}
  dataEnds(endStream: boolean): void {
    this.lines.push(this.#line + (endStream ? " end" : ""));
  }
  headers(streamId: number, block: Uint8Array, endStream: boolean): void {
    const list = this.#decoder.decode(block)!;
    this.lines.push(`HEADERS ${streamId} ${fields(list)}${endStream ? " end" : ""}`);
  }
  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const name = names.find(([, number]) => number === type)![0];
    const ack = flags & Flag.ACK ? " ack" : "";
    let value = "";
    const last = payload.length - 4;
    if (type === Frame.WINDOW_UPDATE || type === Frame.RST_STREAM || type === Frame.PING) {
      value = ` ${payload.subarray(last).reduce((sum, octet) => sum * 256 + octet, 0)}`;
    }
    if (type === Frame.GOAWAY) value = ` code ${payload[7]}`;
    this.lines.push(`${name} ${streamId}${ack}${value}`);
  }
}
