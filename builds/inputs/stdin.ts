/** Standard input as a build takes it: a context in an archive, or a Dockerfile. */
import type { Input } from "../../cli/deps.ts";

/** As much as tells an archive from a text: two blocks of a tar, in bytes. */
const HEAD = 1024;
const BLOCK = 512;

/** What stdin begins with, and how to read all of it, the beginning too. */
export interface Peeked {
  readonly head: Uint8Array;
  readonly whole: Pick<Input, "read">;
}

/** Looks at the beginning of stdin; shorter only when stdin is. */
export async function peek(input: Pick<Input, "read">): Promise<Peeked> {
  const buffer = new Uint8Array(HEAD);
  let length = 0;
  while (length < HEAD) {
    const n = await input.read(buffer.subarray(length));
    if (n === null) break;
    length += n;
  }
  const head = buffer.subarray(0, length);
  let given = 0;
  return {
    head,
    whole: {
      read(into) {
        if (given === length) return input.read(into);
        const part = head.subarray(given, given + into.length);
        into.set(part);
        given += part.length;
        return Promise.resolve(part.length);
      },
    },
  };
}

/** All of it, for texts. Throws for more than `limit` bytes. @param name what it is called then */
export async function readText(
  input: Pick<Input, "read">,
  limit: number,
  name = "stdin",
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (true) {
    const chunk = new Uint8Array(64 * 1024);
    const n = await input.read(chunk);
    if (n === null) break;
    length += n;
    if (length > limit) throw new Error(`cannot read ${name}: it is larger than ${limit} bytes`);
    chunks.push(chunk.subarray(0, n));
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const bzip2 = [0x42, 0x5a, 0x68];
const gzip = [0x1f, 0x8b, 0x08];
const xz = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** Whether what begins so is an archive that the daemon unpacks. */
export function isArchive(head: Uint8Array): boolean {
  const starts = (magic: readonly number[]) => magic.every((byte, at) => head[at] === byte);
  return [bzip2, gzip, xz].some(starts) || isTarHeader(head);
}

/**
 * Whether a tar begins with a header of the PAX format, as Python's and Node's often do. The daemon
 * looks at no more than two blocks, finds no file in them, and takes the tar for a Dockerfile;
 * compressed, it takes it for what it is.
 */
export function hidesItsKind(head: Uint8Array): boolean {
  return isTarHeader(head) && head[156] === 0x78; // x
}

/**
 * A tar has no magic number that all of them bear, but a checksum: the sum of the block's bytes, the
 * checksum itself taken as spaces, in octal. Old programs summed signed bytes.
 */
function isTarHeader(head: Uint8Array): boolean {
  if (head.length < BLOCK) return false;
  const text = String.fromCharCode(...head.subarray(148, 156));
  const octal = text.match(/^[ \0]*([0-7]+)[ \0]*$/)?.[1];
  if (octal === undefined) return false;
  let unsigned = 0, signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : head[at]!;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const sum = parseInt(octal, 8);
  return sum === unsigned || sum === signed;
}
