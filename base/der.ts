/**
 * DER (ITU-T X.690): each value has a tag, a length and a content. This file supports as much as
 * certificates and keys need: tags of one byte, and when writing, lengths of 64 KiB at most.
 */
import { joinBytes } from "./bytes.ts";

/** One whole value: tag, length and content. */
export type Der = Uint8Array<ArrayBuffer>;

/** A value that was read; `content` is a view of the input. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Reads a sequence of values. Throws RangeError for bytes that are cut off. */
export function derValues(bytes: Uint8Array): DerValue[] {
  const found: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? NaN;
    at += 2;
    if (length >= 0x80) {
      const digits = length & 0x7f;
      length = bytes.subarray(at, at + digits).reduce((sum, byte) => sum * 256 + byte, 0);
      at += digits;
    }
    if (!(at + length <= bytes.length)) throw new RangeError("a value of DER is cut off");
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export const sequence = (...items: readonly Der[]): Der => value(TAG.sequence, joinBytes(items));
export const set = (...items: readonly Der[]): Der => value(TAG.set, joinBytes(items));
export const utf8 = (text: string): Der => value(TAG.utf8, new TextEncoder().encode(text));
export const octetString = (bytes: Uint8Array): Der => value(TAG.octetString, bytes);
export const yes: Der = new Uint8Array([TAG.boolean, 1, 0xff]);

/** A tag of the context: `[number]`. @param constructed when values are inside, not bytes */
export function context(number: number, content: Uint8Array, constructed = false): Der {
  return value(0x80 | (constructed ? 0x20 : 0) | number, content);
}

/** A BIT STRING; `unused` is the number of unused bits at the end of the last byte. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return value(TAG.bitString, joinBytes([new Uint8Array([unused]), bytes]));
}

/** An integer that is not negative, most significant byte first. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const trimmed = first < 0 ? new Uint8Array(1) : bytes.subarray(first);
  const sign = trimmed[0]! >= 0x80 ? new Uint8Array(1) : new Uint8Array();
  return value(TAG.integer, joinBytes([sign, trimmed]));
}

/** `1.2.840.10045.4.3.2` */
export function objectId(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let more = part >> 7; more > 0; more >>= 7) groups.unshift(more & 0x7f | 0x80);
    return groups;
  });
  return value(TAG.objectId, new Uint8Array(bytes));
}

/** A time in UTC, to the second. Before 2050 the year has two digits (RFC 5280 §4.1.2.5). */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  const short = date.getUTCFullYear() < 2050;
  const text = new TextEncoder().encode(short ? digits.slice(2) : digits);
  return value(short ? TAG.utcTime : TAG.generalizedTime, text);
}

function value(tag: number, content: Uint8Array): Der {
  const { length } = content;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  if (length > 0xffff) throw new RangeError("a value of DER longer than any certificate");
  return joinBytes([new Uint8Array([tag, ...size]), content]);
}

/** The reverse of `objectId`, from the content of a value. */
export function objectIdText(bytes: Uint8Array): string {
  const parts: number[] = [];
  let part = 0;
  for (const byte of bytes) {
    part = part * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length > 0) parts.push(part);
    else {
      const first = Math.min(2, Math.floor(part / 40));
      parts.push(first, part - first * 40);
    }
    part = 0;
  }
  return parts.join(".");
}
