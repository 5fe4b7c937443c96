/**
 * Makes a byte stream the node Duplex that `tls.connect` takes. The stream has at most one read and
 * one write at a time, and while `hold` is on no further read begins.
 *
 * `hold` is used instead of `pause` on the TLS socket because Deno 2.9 loses the stream's end when
 * it comes while the socket is paused.
 */
import { within } from "../../base/async.ts";
import { writeAll } from "../../base/bytes.ts";
import { Duplex } from "node:stream";
import type { ByteStream } from "../byte_stream.ts";

const READ_BYTES = 32 << 10;
/** The time, in ms, that a failed write waits for a last message of the far side. */
const LAST_WORDS_MS = 250;

/** The stream below a TLS socket. */
export interface Below {
  readonly duplex: Duplex;
  /** The first bytes that came from the far side: they identify a port without TLS. */
  readonly first: () => Uint8Array;
  /** Pauses reading (true) or resumes it. */
  readonly hold: (on: boolean) => void;
  /** Resolves when a write begins. */
  readonly writes: () => Promise<void>;
  /** Resolves when no write is under way. */
  readonly idle: () => Promise<void>;
  /**
   * Closes the stream. Destroying the Duplex does not, because the last write may still be under
   * way.
   */
  readonly close: () => void;
}

/** Adapts a byte stream. */
export function duplexOf(stream: ByteStream): Below {
  let first: Uint8Array | undefined;
  const { promise: heard, resolve: end } = Promise.withResolvers<void>();
  let buffer = new Uint8Array(READ_BYTES);

  let held = false;
  let release = () => {};
  let begin = () => {};
  let writing: Promise<void> = Promise.resolve();

  async function pump(): Promise<void> {
    try {
      while (held) await new Promise<void>((resolve) => release = resolve);
      if (duplex.destroyed) return;
      const count = await stream.read(buffer);
      first ??= buffer.slice(0, Math.min(count ?? 0, 256));
      if (count === null) {
        end();
        duplex.push(null);
      } else if (count < READ_BYTES / 2) {
        duplex.push(buffer.slice(0, count));
      } else {
        const full = buffer.subarray(0, count);
        buffer = new Uint8Array(READ_BYTES);
        duplex.push(full);
      }
    } catch (error) {
      end();
      duplex.destroy(error as Error);
    }
  }

  async function writeWhole(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(stream, bytes);
    } catch (error) {
      // A server that refuses fairlead's certificate sends its alert and hangs up. A write may then
      // fail while the alert still waits to be read.
      await within(heard, LAST_WORDS_MS);
      throw error;
    }
  }

  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => void pump(),
    write(chunk: Uint8Array, _encoding, done) {
      writing = writeWhole(chunk).then(() => done(), done);
      begin();
    },
    final: (done) => void stream.closeWrite().then(() => done(), done),
    destroy(error, done) {
      end();
      hold(false);
      done(error);
    },
  });

  function hold(on: boolean): void {
    held = on;
    if (!on) release();
  }
  return {
    duplex,
    first: () => first ?? new Uint8Array(),
    hold,
    writes: () => new Promise((resolve) => begin = resolve),
    idle: () => writing,
    close() {
      duplex.destroy();
      stream.close();
    },
  };
}
