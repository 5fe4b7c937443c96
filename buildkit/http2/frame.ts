/**
 * The frame of HTTP/2 (RFC 9113 §4.1): nine bytes, then a payload.
 *
 *     length (3)  type (1)  flags (1)  stream id (4, the top bit reserved)
 *
 * All numbers are big-endian. They are read and written by plain arithmetic: a DataView a frame
 * costs more.
 */

/** Frame types, RFC 9113 §6. */
export const Frame = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

/** Frame flags; END_STREAM and ACK share a bit, on different types. */
export const Flag = {
  END_STREAM: 0x1,
  ACK: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** Bytes of a frame header. */
export const HEADER_BYTES = 9;
/** MAX_FRAME_SIZE until the peer says otherwise, and the least it may say (RFC 9113 §6.5.2). */
export const DEFAULT_MAX_FRAME = 16_384;
/** The most MAX_FRAME_SIZE may be. */
export const LARGEST_MAX_FRAME = 16_777_215;
/** Flow control windows until said otherwise (RFC 9113 §6.9.2). */
export const DEFAULT_WINDOW = 65_535;
/** The most a window may be (RFC 9113 §6.9.1), and the largest stream id. */
export const MAX_31 = 0x7fff_ffff;

/** The client's connection preface (RFC 9113 §3.4). */
export const PREFACE: Uint8Array = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Writes a frame header at `at`; there must be room for nine bytes. */
export function putFrameHeader(
  into: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  into[at + 5] = streamId >>> 24;
  into[at + 6] = streamId >>> 16;
  into[at + 7] = streamId >>> 8;
  into[at + 8] = streamId;
}

/** Writes four bytes, big-endian. */
export function putUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

/** Reads four bytes, big-endian; the caller has checked that they are there. */
export function getUint32(from: Uint8Array, at: number): number {
  return ((from[at]! << 24) | (from[at + 1]! << 16) | (from[at + 2]! << 8) | from[at + 3]!) >>> 0;
}
