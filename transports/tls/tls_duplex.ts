/**
 * A byte stream as the node Duplex that `tls.connect` takes. At most one read and one write are
 * under way below, and while `hold` is on no further read begins.
 *
 * Why the flow is held here and not by `pause` on the TLS socket: Deno 2.9's forgets the end of the
 * stream when it comes while the socket is paused.
 */
import { Duplex } from "node:stream";
import type { ByteStream } from "../byte_stream.ts";

const READ_BYTES = 32 << 10;
/** How long a failed write waits for what the far side may have said before it hung up, in ms. */
const LAST_WORDS_MS = 250;

/** What a TLS socket stands on. */
export interface Below {
  readonly duplex: Duplex;
  /** The first bytes that came from the far side: they tell a port without TLS. */
  readonly first: () => Uint8Array;
  /** True: read no more for now. */
  readonly hold: (on: boolean) => void;
  /** Resolves when a write begins. */
  readonly writes: () => Promise<void>;
  /** Resolves when no write is under way. */
  readonly idle: () => Promise<void>;
  /** Closes the stream. Destroying the Duplex does not: the last write may be under way still. */
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
      for (let sent = 0; sent < bytes.length;) sent += await stream.write(bytes.subarray(sent));
    } catch (error) {
      // A server that refuses our certificate sends its alert and hangs up: the alert may still
      // wait to be read, while our writing meets the hang-up already.
      const timer = setTimeout(end, LAST_WORDS_MS);
      await heard;
      clearTimeout(timer);
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
