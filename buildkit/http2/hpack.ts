/**
 * HPACK, the compression of header lists (RFC 7541). A block is a row of fields, each one of:
 *
 *     1xxxxxxx  a name and value that stand in a table
 *     01xxxxxx  a literal, to be added to the dynamic table
 *     001xxxxx  the dynamic table's new size, at the start of a block only
 *     0001xxxx  a literal that no one may ever put into a table
 *     0000xxxx  a literal
 *
 * A literal's name is an index or a string; strings may be Huffman coded. The decoder knows all of
 * it. The encoder sends literals and indexes of the static table: it announces that by setting
 * the dynamic table's size to 0 at its first block, and then no SETTINGS_HEADER_TABLE_SIZE concerns
 * it.
 */
import { byteString } from "../../base/bytes.ts";
import { Code, Http2Error } from "./errors.ts";
import { STATIC_TABLE } from "./hpack_tables.ts";
import { huffmanDecode } from "./huffman.ts";

/** One field. Names are lower case; values are octets, one a character (U+0000 to U+00FF). */
export type Header = readonly [name: string, value: string];

/** The overhead of each field when sizes are counted (RFC 7541 §4.1). */
const OVERHEAD = 32;

/** The size of a list in bytes, counted as RFC 9113 §6.5.2 does. */
export function sizeOf(list: readonly Header[]): number {
  return list.reduce((sum, [name, value]) => sum + name.length + value.length + OVERHEAD, 0);
}

/** Size of the dynamic table unless SETTINGS_HEADER_TABLE_SIZE says otherwise; we never say so. */
const TABLE_SIZE = 4096;

/** Reads header blocks; one a connection, since blocks build on each other. */
export class HpackDecoder {
  #dynamic: Header[] = []; // oldest first
  #dynamicSize = 0;
  #dynamicMax = TABLE_SIZE;
  #block: Uint8Array = new Uint8Array();
  #at = 0;
  #scratch: Uint8Array = new Uint8Array(256);

  /** `maxListSize`: the bytes a decoded list may have, counted as RFC 9113 §6.5.2 does. */
  constructor(private readonly maxListSize: number) {}

  /**
   * Decodes one whole block. Returns null when the list is larger than allowed; the tables stay
   * right even then. Throws Http2Error COMPRESSION_ERROR, after which the connection is lost.
   */
  decode(block: Uint8Array): Header[] | null {
    this.#block = block;
    this.#at = 0;
    const list: Header[] = [];
    let size = 0;
    let fields = 0;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        if (fields > 0) throw broken("a table size update after a field");
        this.#resize(this.#integer(0x1f));
        continue;
      }
      const field = this.#field(first);
      fields++;
      size += sizeOf([field]);
      if (size <= this.maxListSize) list.push(field);
    }
    this.#block = new Uint8Array();
    return size <= this.maxListSize ? list : null;
  }

  #field(first: number): Header {
    if (first & 0x80) return this.#lookup(this.#integer(0x7f));
    const indexed = (first & 0x40) !== 0;
    const index = this.#integer(indexed ? 0x3f : 0x0f);
    const name = index === 0 ? this.#string() : this.#lookup(index)[0];
    const field: Header = [name, this.#string()];
    if (indexed) this.#insert(field);
    return field;
  }

  #lookup(index: number): Header {
    const found = index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#dynamic[this.#dynamic.length - (index - STATIC_TABLE.length)];
    if (found === undefined) throw broken(`index ${index} is in no table`);
    return found;
  }

  #insert(field: Header): void {
    const size = sizeOf([field]);
    this.#evict(this.#dynamicMax - size);
    if (size > this.#dynamicMax) return;
    this.#dynamic.push(field);
    this.#dynamicSize += size;
  }

  #resize(size: number): void {
    if (size > TABLE_SIZE) throw broken(`a table size of ${size} where ${TABLE_SIZE} is allowed`);
    this.#dynamicMax = size;
    this.#evict(size);
  }

  #evict(target: number): void {
    while (this.#dynamicSize > target && this.#dynamic.length > 0) {
      this.#dynamicSize -= sizeOf([this.#dynamic.shift()!]);
    }
  }

  /** An integer whose first bits stand in the current octet under `mask` (RFC 7541 §5.1). */
  #integer(mask: number): number {
    let value = this.#octet() & mask;
    if (value < mask) return value;
    for (let shift = 1;; shift *= 128) {
      const octet = this.#octet();
      value += (octet & 0x7f) * shift;
      if (octet < 0x80) return value;
      if (shift > 0x20_0000) throw broken("an integer beyond all bounds");
    }
  }

  #octet(): number {
    const octet = this.#block[this.#at++];
    if (octet === undefined) throw broken("the block ends inside a field");
    return octet;
  }

  #string(): string {
    const coded = this.#block[this.#at]! >= 0x80;
    const length = this.#integer(0x7f);
    const at = this.#at;
    const end = at + length;
    if (end > this.#block.length) throw broken("the block ends inside a string");
    this.#at = end;
    if (!coded) return byteString(this.#block.subarray(at, end));
    const most = Math.ceil(length * 8 / 5);
    if (this.#scratch.length < most) this.#scratch = new Uint8Array(most * 2);
    const decoded = huffmanDecode(this.#block, at, end, this.#scratch);
    if (decoded < 0) throw broken("a string whose Huffman code is wrong");
    return byteString(this.#scratch.subarray(0, decoded));
  }
}

function broken(what: string): Http2Error {
  return new Http2Error(Code.COMPRESSION_ERROR, `cannot read the peer's headers: ${what}`);
}

const staticNames = new Map<string, number>();
const staticFields = new Map<string, number>();
STATIC_TABLE.forEach(([name, value], i) => {
  if (!staticNames.has(name)) staticNames.set(name, i + 1);
  if (value !== "") staticFields.set(`${name}\0${value}`, i + 1);
});

/** Fields that no table on the way may remember (RFC 7541 §7.1.3). */
const SENSITIVE = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie"]);

/** Writes header blocks; one a connection. */
export class HpackEncoder {
  #buffer: Uint8Array = new Uint8Array(1024);
  #at = 0;
  #begun = false;

  /**
   * Encodes a list. The result is valid until the next call. Names are sent in lower case. Throws
   * TypeError for a value with a character that no field may hold (NUL, CR, LF, or above U+00FF).
   */
  encode(list: readonly Header[]): Uint8Array {
    this.#at = 0;
    if (!this.#begun) this.#integer(0, 0x1f, 0x20);
    for (const [name, value] of list) this.#field(name.toLowerCase(), value);
    this.#begun = true;
    return this.#buffer.subarray(0, this.#at);
  }

  #field(name: string, value: string): void {
    const whole = staticFields.get(`${name}\0${value}`);
    if (whole !== undefined) return this.#integer(whole, 0x7f, 0x80);
    const index = staticNames.get(name) ?? 0;
    this.#integer(index, 0x0f, SENSITIVE.has(name) ? 0x10 : 0);
    if (index === 0) this.#string(name, name);
    this.#string(name, value);
  }

  #integer(value: number, mask: number, kind: number): void {
    this.#reserve(6);
    if (value < mask) {
      this.#buffer[this.#at++] = kind | value;
      return;
    }
    this.#buffer[this.#at++] = kind | mask;
    let rest = value - mask;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      this.#buffer[this.#at++] = (rest % 128) | 0x80;
    }
    this.#buffer[this.#at++] = rest;
  }

  #string(name: string, text: string): void {
    this.#integer(text.length, 0x7f, 0);
    this.#reserve(text.length);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const octet = text.charCodeAt(i);
      if (octet > 0xff || octet === 0 || octet === 10 || octet === 13) {
        throw new TypeError(
          `cannot send header "${name}": character ${octet} at ${i} is not allowed`,
        );
      }
      buffer[at++] = octet;
    }
    this.#at = at;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#at + bytes));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}
