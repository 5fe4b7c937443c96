/**
 * Messages of the debug adapter protocol: a header with `Content-Length`, an empty line, and JSON
 * (https://microsoft.github.io/debug-adapter-protocol/overview#base-protocol).
 */
import { joinBytes } from "../../base/bytes.ts";

/** The bytes are no messages of the protocol; nothing after them can be understood. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** The longest header and the longest message, in bytes: a client needs a few kilobytes. */
const LONGEST_HEADER = 4096;
const LONGEST = 16 << 20;

/** Reads messages from bytes that come in any pieces. */
export function frameReader(): (bytes: Uint8Array) => unknown[] {
  const decoder = new TextDecoder();
  let held = new Uint8Array(0);
  return (bytes) => {
    held = joinBytes([held, bytes]);
    const messages: unknown[] = [];
    while (true) {
      const end = headerEnd(held);
      if (end < 0) {
        if (held.length > LONGEST_HEADER) throw new FrameError("a header without an end");
        return messages;
      }
      const length = contentLength(decoder.decode(held.subarray(0, end)));
      if (held.length < end + 4 + length) return messages;
      const text = decoder.decode(held.subarray(end + 4, end + 4 + length));
      held = held.slice(end + 4 + length);
      try {
        messages.push(JSON.parse(text));
      } catch {
        // The frame is whole, so the next one can still be read.
        messages.push(undefined);
      }
    }
  };
}

function headerEnd(bytes: Uint8Array): number {
  const CR = 13, LF = 10;
  for (
    let at = bytes.indexOf(CR);
    at >= 0 && at <= LONGEST_HEADER;
    at = bytes.indexOf(CR, at + 1)
  ) {
    if (bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at;
  }
  return -1;
}

function contentLength(header: string): number {
  const fields = header.split("\r\n").map((line) => /^([^:]+):\s*(.*?)\s*$/.exec(line));
  const found = fields.find((field) => field?.[1]?.toLowerCase() === "content-length")?.[2];
  if (found === undefined || !/^\d{1,9}$/.test(found)) {
    throw new FrameError("a header without a valid Content-Length");
  }
  const length = Number(found);
  if (length > LONGEST) throw new FrameError(`a message of ${length} bytes`);
  return length;
}

/** A message as bytes. */
export function frame(message: unknown): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(message));
  const header = new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`);
  return joinBytes([header, body]);
}
