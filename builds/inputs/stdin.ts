/** Standard input of a build: a context in an archive, or a Dockerfile. */
import { joinStream, readUpTo } from "../../base/bytes.ts";
import { abortable } from "../../base/async.ts";
import type { Deps, Input } from "../../cli/deps.ts";

/**
 * The length, in bytes, that is enough to distinguish an archive from a text: two blocks of a tar.
 */
const HEAD = 1024;
const BLOCK = 512;

/** The beginning of stdin, and a reader of all of it. */
export interface Peeked {
  readonly head: Uint8Array;
  readonly whole: Pick<Input, "read">;
}

/** Standard input, whose reads reject after a Ctrl-C: a terminal may never give another line. */
export function openStdin({ stdin, signal }: Pick<Deps, "stdin" | "signal">): Pick<Input, "read"> {
  return { read: (into) => abortable(stdin.read(into), signal) };
}

/** Reads the beginning of stdin, which is shorter only when stdin is. */
export async function peek(input: Pick<Input, "read">): Promise<Peeked> {
  const head = await readUpTo(input, HEAD);
  let given = 0;
  return {
    head,
    whole: {
      read(into) {
        if (given === head.length) return input.read(into);
        const part = head.subarray(given, given + into.length);
        into.set(part);
        given += part.length;
        return Promise.resolve(part.length);
      },
    },
  };
}

/** The bytes of a reader as a stream. */
export function streamOf(input: Pick<Input, "read">): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(64 * 1024);
      const count = await input.read(buffer);
      if (count === null) controller.close();
      else controller.enqueue(buffer.subarray(0, count));
    },
  });
}

/** Reads all bytes. Throws for more than `limit` bytes. @param name its name in the message */
export async function readWhole(
  input: Pick<Input, "read">,
  limit: number,
  name = "stdin",
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await joinStream(streamOf(input), limit);
  if (bytes === undefined) throw new Error(`cannot read ${name}: it is larger than ${limit} bytes`);
  return bytes;
}

const bzip2 = [0x42, 0x5a, 0x68];
const gzip = [0x1f, 0x8b, 0x08];
const xz = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** Whether these bytes begin an archive that the daemon unpacks. */
export function isArchive(head: Uint8Array): boolean {
  const starts = (magic: readonly number[]) => magic.every((byte, at) => head[at] === byte);
  return [bzip2, gzip, xz].some(starts) || isTarHeader(head);
}

/**
 * Whether a tar begins with a header of the PAX format, as those of Python and Node often do. The
 * daemon looks at two blocks only, finds no file in them, and takes the tar for a Dockerfile. It
 * recognizes a compressed tar.
 */
export function hidesItsKind(head: Uint8Array): boolean {
  return isTarHeader(head) && head[156] === 0x78; // x
}

/**
 * Tars have no common magic number, but a checksum: the sum of the block's bytes in octal, where
 * the checksum itself counts as spaces. Old programs summed signed bytes.
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
