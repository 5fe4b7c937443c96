/**
 * The file sync protocol (fsutil's), and its two messages, encoded by hand.
 *
 * One call carries one tree, as a stream of packets in each direction:
 *
 * - The sender walks its tree and sends a STAT for each entry: depth first, each directory right
 *   before its content, siblings in byte order of their names. An entry's ID is its index in that
 *   sequence, counted from 0. A STAT without a stat ends the listing; that is the empty message,
 *   because zero values are left out.
 * - The receiver asks with REQ for the content of each regular file it wants, as soon as it has
 *   that file's STAT.
 * - The sender answers with DATA packets of that ID, and ends the file with an empty DATA packet.
 *   Files may interleave. The protocol checks no length: a file consists of the bytes before its
 *   end.
 * - The receiver sends FIN when it is done; the sender answers FIN, and the call is over.
 * - ERR from either side, with a text, ends everything.
 *
 * Paths are relative, with `/`, clean, never `.` or with `..`. They are bytes here: names on Linux
 * need not be UTF-8. Modes are Go's os.FileMode (see {@link Mode}), not the system's. A regular
 * file with a linkname is a hard link to an entry that was sent before; its content is never
 * requested.
 *
 *     Packet { 1 type, 2 stat, 3 ID, 4 data }
 *     Stat { 1 path, 2 mode, 3 uid, 4 gid, 5 size, 6 modTime, 7 linkname,
 *            8 devmajor, 9 devminor, 10 xattrs }
 *
 * These are written by hand, not generated, because a context of 100,000 files has 100,000 stats. A
 * modification time in nanoseconds exceeds a JavaScript number, so seconds and nanoseconds are kept
 * separately.
 */

import { joinBytes } from "../../base/bytes.ts";
import { varint } from "../../proto/varint.ts";

/** The kinds of packet. */
export const PacketType = { stat: 0, req: 1, data: 2, fin: 3, err: 4 } as const;

/** The bits of a mode above the nine permission bits. */
export const Mode = {
  dir: 0x80000000,
  symlink: 0x08000000,
  device: 0x04000000,
  pipe: 0x02000000,
  socket: 0x01000000,
  setuid: 0x00800000,
  setgid: 0x00400000,
  charDevice: 0x00200000,
  sticky: 0x00100000,
  irregular: 0x00080000,
  /** The bits of the type. An entry without them is a regular file, which can be requested. */
  type: 0x8f280000,
} as const;

/** One extended attribute. */
export interface Xattr {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** One entry of a tree. */
export interface Stat {
  path: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes. */
  size: number;
  /**
   * The modification time: whole seconds since 1970, and 0 to 999,999,999 nanoseconds after them.
   */
  mtimeSeconds: number;
  mtimeNanos: number;
  /** A symlink's target, or the path of the entry that a hard link is a second name of. */
  linkname: Uint8Array;
  devmajor: number;
  devminor: number;
  xattrs: readonly Xattr[];
}

/** A received packet. `data` is a view of the message. */
export interface Packet {
  readonly type: number;
  readonly stat: Stat | undefined;
  readonly id: number;
  readonly data: Uint8Array;
}

/** The largest size of a DATA packet's header, in bytes. */
export const dataHeaderRoom = 14;

const none = new Uint8Array(0);

/** An empty stat. */
export function emptyStat(): Stat {
  return {
    path: none,
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeSeconds: 0,
    mtimeNanos: 0,
    linkname: none,
    devmajor: 0,
    devminor: 0,
    xattrs: [],
  };
}

/** The empty message: a STAT packet without a stat. */
export const endOfListing: Uint8Array = none;
/** The packet FIN. */
export const finPacket: Uint8Array = new Uint8Array([0x08, PacketType.fin]);

/**
 * Writes the head of a DATA packet so that it ends at `end`; `length` bytes of content have to
 * follow it. Returns where it begins. Length 0 makes the whole packet that ends a file.
 */
export function writeDataHead(into: Uint8Array, end: number, id: number, length: number): number {
  let at = end;
  if (length > 0) {
    at = writeVarintBefore(into, at, length);
    into[--at] = 0x22;
  }
  if (id > 0) {
    at = writeVarintBefore(into, at, id);
    into[--at] = 0x18;
  }
  into[--at] = PacketType.data;
  into[--at] = 0x08;
  return at;
}

/** The packet REQ for an entry. */
export function reqPacket(id: number): Uint8Array {
  return new Uint8Array([0x08, PacketType.req, ...id > 0 ? [0x18, ...varint(id)] : []]);
}

/** The packet ERR. */
export function errPacket(reason: string): Uint8Array {
  const data = new TextEncoder().encode(reason);
  return joinBytes([new Uint8Array([0x08, PacketType.err, 0x22, ...varint(data.length)]), data]);
}

/** Makes a writer of STAT packets. The returned bytes are overwritten by the writer's next call. */
export function statWriter(): (stat: Stat) => Uint8Array {
  let out = new Uint8Array(16 * 1024);
  const head = 12; // the tag and length of the stat itself are written last, before its content
  return (stat) => {
    let bound = head + 100 + stat.path.length + stat.linkname.length;
    for (const { name, value } of stat.xattrs) bound += 30 + name.length + value.length;
    if (bound > out.length) out = new Uint8Array(bound * 2);
    const end = writeStat(out, head, stat);
    let at = writeVarintBefore(out, head, end - head);
    out[--at] = 0x12;
    return out.subarray(at, end);
  };
}

function writeStat(out: Uint8Array, start: number, stat: Stat): number {
  let at = writeBytes(out, start, 0x0a, stat.path);
  at = writeNumber(out, at, 0x10, stat.mode >>> 0);
  at = writeNumber(out, at, 0x18, stat.uid);
  at = writeNumber(out, at, 0x20, stat.gid);
  at = writeNumber(out, at, 0x28, stat.size);
  at = writeTime(out, at, 0x30, stat.mtimeSeconds, stat.mtimeNanos);
  at = writeBytes(out, at, 0x3a, stat.linkname);
  at = writeNumber(out, at, 0x40, stat.devmajor);
  at = writeNumber(out, at, 0x48, stat.devminor);
  for (const { name, value } of stat.xattrs) {
    out[at++] = 0x52;
    at = writeVarint(out, at, sizeOfBytes(name.length) + sizeOfBytes(value.length));
    at = writeAll(out, at, 0x0a, name); // a map has its empty texts, too
    at = writeAll(out, at, 0x12, value);
  }
  return at;
}

function sizeOfBytes(length: number): number {
  let size = 2 + length;
  for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeBytes(out: Uint8Array, start: number, tag: number, bytes: Uint8Array): number {
  return bytes.length === 0 ? start : writeAll(out, start, tag, bytes);
}

function writeAll(out: Uint8Array, start: number, tag: number, bytes: Uint8Array): number {
  const length = bytes.length;
  let at = start;
  out[at++] = tag;
  at = writeVarint(out, at, length);
  if (length > 64) {
    out.set(bytes, at);
    return at + length;
  }
  // Below some 64 bytes, the call of `set` costs more than the loop.
  for (let i = 0; i < length; i++) out[at++] = bytes[i]!;
  return at;
}

/** Numbers up to 2^53, from 0. */
function writeNumber(out: Uint8Array, start: number, tag: number, value: number): number {
  if (value === 0) return start;
  out[start] = tag;
  return writeVarint(out, start + 1, value);
}

function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80000000) {
    out[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

function writeVarintBefore(out: Uint8Array, end: number, value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  writeVarint(out, end - size, value);
  return end - size;
}

/**
 * seconds × 10^9 + nanos as a 64-bit varint, exactly: in two 32-bit halves, since the product is
 * past 2^53. Times before 1970 wrap around as two's complement, ten bytes long.
 */
function writeTime(
  out: Uint8Array,
  start: number,
  tag: number,
  seconds: number,
  nanos: number,
): number {
  if (seconds === 0 && nanos === 0) return start;
  const upper = Math.floor(seconds / 65536) * 1e9;
  const lower = (seconds - Math.floor(seconds / 65536) * 65536) * 1e9 + nanos;
  const low = (upper - Math.floor(upper / 65536) * 65536) * 65536 + lower;
  let hi = (Math.floor(upper / 65536) + Math.floor(low / 4294967296)) >>> 0;
  let lo = low % 4294967296 >>> 0;
  let at = start;
  out[at++] = tag;
  while (hi !== 0 || lo > 0x7f) {
    out[at++] = (lo & 0x7f) | 0x80;
    lo = ((lo >>> 7) | (hi << 25)) >>> 0;
    hi >>>= 7;
  }
  out[at++] = lo;
  return at;
}
