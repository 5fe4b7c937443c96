/**
 * Reads a program's output from an engine. Without a terminal, the output comes in frames:
 *
 *     byte 0      1: stdout, 2: stderr, 3: the engine's own error, as text
 *     bytes 1-3   unused
 *     bytes 4-7   length of the rest, big-endian
 *     bytes 8-    the output
 *
 * The program's stdin has no frames. At most one buffer (32 KiB) is read ahead, so that a reader
 * that pauses stops the program.
 */

type Read = (into: Uint8Array) => Promise<number | null>;

const HEADER = 8;
const BUFFER = 32 << 10;
const STDOUT = 1;
const ENGINE = 3;

/** An answer that doesn't consist of frames, or that ends within one. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/**
 * Reads stdout from the frames. Other output goes to `onOther`; its bytes are valid until it
 * returns. Only one read may be pending. Throws `FrameError`, and the errors of `read`.
 */
export function readFrames(read: Read, onOther: (bytes: Uint8Array) => void): Read {
  const buffer = new Uint8Array(BUFFER);
  let at = 0;
  let end = 0;
  let left = 0;
  let kind = STDOUT;

  async function header(): Promise<boolean> {
    while (end - at < HEADER) {
      buffer.copyWithin(0, at, end);
      [at, end] = [0, end - at];
      const count = await read(buffer.subarray(end));
      if (count === null) {
        if (end > 0) throw new FrameError("the engine's stream ended inside a frame");
        return false;
      }
      end += count;
    }
    kind = buffer[at]!;
    if (kind < STDOUT || kind > ENGINE) {
      const start = new TextDecoder().decode(buffer.subarray(at, Math.min(end, at + 60)));
      throw new FrameError(
        `the engine's stream has no frames: it continues with ${JSON.stringify(start)}`,
      );
    }
    left = new DataView(buffer.buffer).getUint32(at + 4);
    at += HEADER;
    return true;
  }

  /** Reads bytes of the current frame, into `into` or into the buffer. */
  async function some(into: Uint8Array): Promise<Uint8Array> {
    if (at === end) {
      // A long frame is read straight into `into`, without a copy.
      const direct = kind === STDOUT && left >= into.length && into.length > 0;
      const target = direct ? into : buffer;
      const count = await read(target);
      if (count === null) throw new FrameError("the engine's stream ended inside a frame");
      if (direct) {
        left -= count;
        return into.subarray(0, count);
      }
      [at, end] = [0, count];
    }
    const most = kind === STDOUT ? into.length : BUFFER;
    const part = buffer.subarray(at, Math.min(end, at + left, at + most));
    at += part.length;
    left -= part.length;
    return part;
  }

  return async (into) => {
    while (true) {
      while (left === 0) if (!await header()) return null;
      const part = await some(into);
      if (kind !== STDOUT) onOther(part);
      else {
        if (part.buffer !== into.buffer || part.byteOffset !== into.byteOffset) into.set(part);
        return part.length;
      }
    }
  };
}
