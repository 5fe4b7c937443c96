/** The types of ssh's messages (RFC 4251, section 5): strings with their length, numbers of any size. */
import { joinBytes } from "../../../base/bytes.ts";

/** A string: its length in four bytes, then its bytes. */
export function string(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return joinBytes([uint32(bytes.length), bytes]);
}

/** Strings one behind the other. */
export function stringsOf(values: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return joinBytes(values.map(string));
}

/** The strings that follow each other up to the end. Throws RangeError for bytes that are cut off. */
export function stringsIn(bytes: Uint8Array): Uint8Array[] {
  const reader = new WireReader(bytes);
  const strings: Uint8Array[] = [];
  while (reader.left > 0) strings.push(reader.string());
  return strings;
}

/** A positive number, big-endian: without leading zeros, but with one where the top bit is set. */
export function mpint(bytes: Uint8Array): Uint8Array {
  const number = withoutZeros(bytes);
  return string(number[0]! >= 0x80 ? joinBytes([new Uint8Array(1), number]) : number);
}

/** A big-endian number without its leading zeros. */
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

/** Reads one value after another. Throws RangeError at the end. Bytes that it returns are views. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many bytes have been read. */
  get at(): number {
    return this.#at;
  }

  /** How many bytes are still to be read. */
  get left(): number {
    return this.#bytes.length - this.#at;
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
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
