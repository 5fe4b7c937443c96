/** Reads packets (the messages of `packet.ts`) from untrusted bytes. */
import { FsyncError } from "./errors.ts";
import { emptyStat, type Packet, type Stat, type Xattr } from "./packet.ts";

const none = new Uint8Array(0);

/**
 * Reads one packet. Its byte fields, also those of the stat, are views of the message. Unknown
 * fields are skipped, and the last value of a repeated field wins. Throws {@link FsyncError} for
 * bytes that are no packet.
 */
export function readPacket(message: Uint8Array): Packet {
  let [type, id] = [0, 0];
  let stat: Stat | undefined;
  let data: Uint8Array = none;
  readFields(message, (field, value, bytes) => {
    if (field === 1) type = value.low;
    else if (field === 2) stat = readStat(bytes);
    else if (field === 3) id = value.low;
    else if (field === 4) data = bytes;
  });
  return { type, stat, id, data };
}

/** A copy that outlives the message. */
export function copyStat(stat: Stat): Stat {
  const xattrs = stat.xattrs.map(({ name, value }) => ({
    name: name.slice(),
    value: value.slice(),
  }));
  return { ...stat, path: stat.path.slice(), linkname: stat.linkname.slice(), xattrs };
}

function readStat(message: Uint8Array): Stat {
  const xattrs: Xattr[] = [];
  const stat = emptyStat();
  stat.xattrs = xattrs;
  readFields(message, (field, value, bytes) => {
    if (field === 1) stat.path = bytes;
    else if (field === 2) stat.mode = value.low;
    else if (field === 3) stat.uid = value.low;
    else if (field === 4) stat.gid = value.low;
    else if (field === 5) stat.size = toNumber(value);
    else if (field === 6) setTime(stat, value);
    else if (field === 7) stat.linkname = bytes;
    else if (field === 8) stat.devmajor = toNumber(value);
    else if (field === 9) stat.devminor = toNumber(value);
    else if (field === 10) xattrs.push(readXattr(bytes));
  });
  return stat;
}

function readXattr(message: Uint8Array): Xattr {
  let [name, content] = [none, none] as [Uint8Array, Uint8Array];
  readFields(message, (field, _, bytes) => {
    if (field === 1) name = bytes;
    else if (field === 2) content = bytes;
  });
  return { name, value: content };
}

/** 64 bits. */
interface Int64 {
  low: number;
  high: number;
}

function toNumber({ low, high }: Int64): number {
  return (high | 0) * 4294967296 + low;
}

/** Splits signed nanoseconds since 1970 into whole seconds and a rest that is not negative. */
function setTime(stat: Stat, { low, high }: Int64): void {
  const nanos = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
  let seconds = nanos / 1_000_000_000n;
  if (nanos < seconds * 1_000_000_000n) seconds--;
  stat.mtimeSeconds = Number(seconds);
  stat.mtimeNanos = Number(nanos - seconds * 1_000_000_000n);
}

/** Calls `take` for each field: a number comes in `value`, a text in `bytes`. */
function readFields(
  message: Uint8Array,
  take: (field: number, value: Int64, bytes: Uint8Array) => void,
): void {
  const value: Int64 = { low: 0, high: 0 };
  for (let at = 0; at < message.length;) {
    at = readVarint(message, at, value);
    const [field, wireType] = [value.low >>> 3, value.low & 7];
    let bytes = none as Uint8Array;
    if (wireType === 0) at = readVarint(message, at, value);
    else if (wireType === 1 || wireType === 5) at += wireType === 1 ? 8 : 4;
    else if (wireType === 2) {
      at = readVarint(message, at, value);
      if (value.high !== 0) throw broken();
      const end = at + value.low;
      if (end > message.length) throw broken();
      bytes = message.subarray(at, end);
      at = end;
      value.low = 0;
    } else throw broken();
    if (field === 0 || at > message.length) throw broken();
    if (wireType === 0 || wireType === 2) take(field, value, bytes);
  }
}

function readVarint(message: Uint8Array, start: number, into: Int64): number {
  let [low, high] = [0, 0];
  for (let i = 0; i < 10; i++) {
    const byte = message[start + i];
    if (byte === undefined) throw broken();
    const bits = byte & 0x7f;
    if (i < 4) low |= bits << (7 * i);
    else if (i === 4) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else high |= bits << (7 * i - 32);
    if (byte < 0x80) {
      into.low = low >>> 0;
      into.high = high >>> 0;
      return start + i + 1;
    }
  }
  throw broken();
}

function broken(): FsyncError {
  return new FsyncError("read a packet of the builder", "", "it is malformed");
}
