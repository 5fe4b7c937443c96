/**
 * The types in ssh's messages (RFC 4251, section 5): strings with their length, numbers of any
 * size.
 */
import { joinBytes } from "../../../base/bytes.ts";

/** Encodes a string: its length in four bytes, then its bytes. */
export function string(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return joinBytes([uint32(bytes.length), bytes]);
}

/** Encodes several strings in a row. */
export function stringsOf(values: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return joinBytes(values.map(string));
}

/** Decodes all strings in the bytes. Throws RangeError for truncated bytes. */
export function stringsIn(bytes: Uint8Array): Uint8Array[] {
  const reader = new WireReader(bytes);
  const strings: Uint8Array[] = [];
  while (reader.left > 0) strings.push(reader.string());
  return strings;
}

/** Encodes a positive number, big-endian, without leading zeros. A zero precedes a set top bit. */
export function mpint(bytes: Uint8Array): Uint8Array {
  const number = withoutZeros(bytes);
  return string(number[0]! >= 0x80 ? joinBytes([new Uint8Array(1), number]) : number);
}

/** Strips a big-endian number's leading zeros. */
export function withoutZeros(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (bytes[at] === 0) at++;
  return bytes.subarray(at);
}

export function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** Reads one value after another. Throws RangeError at the end. The returned bytes are views. */
export class WireReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** The number of bytes that have been read. */
  get at(): number {
    return this.#at;
  }

  /** The number of bytes that are left. */
  get left(): number {
    return this.bytes.length - this.#at;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  uint32(): number {
    const [a, b, c, d] = this.take(4);
    return ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0;
  }

  uint64(): bigint {
    return BigInt(this.uint32()) << 32n | BigInt(this.uint32());
  }

  string(): Uint8Array {
    return this.take(this.uint32());
  }

  text(): string {
    return new TextDecoder().decode(this.string());
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new RangeError("the message is too short");
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}
