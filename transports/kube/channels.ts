/**
 * Kubernetes' channels: messages of a WebSocket, of which the first byte says to what channel the
 * rest belongs. Here one channel each way becomes a byte stream, and the other ones are listened to.
 *
 *     exec (v5, v4.channel.k8s.io)         0: stdin, 1: stdout, 2: stderr, 3: a Status at the end,
 *                                          255 (v5): the channel in the second byte has ended
 *     port-forward (v4.channel.k8s.io)     0: data, 1: an error's text; each begins with the port
 *
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ and client-go's tools/remotecommand
 */
import { FRAME_BYTES, type WebSocketClient } from "../_websocket.ts";
import type { ByteStream } from "../byte_stream.ts";
import { every } from "../timer.ts";

/** What the channels mean. */
export interface ChannelUse {
  /** Where what comes is for the reader. */
  readonly reads: number;
  /** Bytes at the beginning of each channel that are no data. */
  readonly skips: number;
  /** The far side understands the end of a channel. */
  readonly halfCloses: boolean;
  /** Bytes of another channel; they hold until it returns. */
  other(channel: number, bytes: Uint8Array): void;
  /**
   * What to throw at the end, in place of a plain end; asked once.
   * @param any whether a byte had come
   * @param broken what the connection broke by, where it did
   */
  failure(any: boolean, broken: unknown): Error | undefined;
}

const STDIN = 0;
const ENDED = 255;
/** Oftener than the idle times of proxies (nginx: 60 s). */
const PING_EVERY_MS = 10_000;
/**
 * Two pings without an answer; looked at with each ping. containerd forgets to tell the end of a program when megabytes of
 * its stdin still wait: then this alone ends the stream.
 */
const LOST_AFTER_MS = 25_000;

export function channelStream(socket: WebSocketClient, use: ChannelUse): ByteStream {
  const skipped = new Map<number, number>();
  const scratch = new Uint8Array(4096);
  let channel = -1;
  let any = false;
  let closed = false;
  let lost: Error | undefined;
  /** Set at the end, with what is to be thrown from then on. */
  let over: { readonly failure: Error | undefined } | undefined;
  let readingSince: number | undefined;

  const stopPings = every(PING_EVERY_MS, () => {
    // While nobody reads, an answer can't be seen.
    const silent = readingSince && performance.now() - Math.max(socket.heard, readingSince);
    if (silent && silent > LOST_AFTER_MS) {
      lost = new Deno.errors.TimedOut(`nothing came for ${Math.round(silent / 1000)} s`);
      free();
    } else socket.ping().catch(() => {});
  });
  const free = () => {
    stopPings();
    socket.close();
  };
  const stopped = () => new Deno.errors.Interrupted("the stream was closed");
  const gone = () => over?.failure ?? new Deno.errors.BrokenPipe("the far side has ended");

  const finish = (broken?: unknown) => {
    over = { failure: use.failure(any, broken) };
    free();
  };

  /** Some bytes for the reader; null at the end. */
  async function next(into: Uint8Array): Promise<number | null> {
    for (;;) {
      while (socket.left === 0) {
        const frame = await socket.frame();
        if (frame === undefined) return null;
        if (frame.begins && socket.left > 0) {
          await socket.read(scratch.subarray(0, 1));
          channel = scratch[0]!;
        }
      }
      const skips = use.skips - (skipped.get(channel) ?? 0);
      if (skips > 0) {
        const count = await socket.read(scratch.subarray(0, skips));
        skipped.set(channel, use.skips - skips + count);
      } else if (channel === use.reads) {
        return await socket.read(into);
      } else {
        const count = await socket.read(scratch);
        use.other(channel, scratch.subarray(0, count));
      }
    }
  }

  return {
    async read(into) {
      if (closed) throw stopped();
      readingSince = performance.now();
      try {
        const count = over === undefined ? await next(into) : null;
        any ||= count !== null;
        if (count !== null) return count;
        if (over === undefined) finish();
      } catch (error) {
        if (!closed) finish(lost ?? error);
      } finally {
        readingSince = undefined;
      }
      if (closed) throw stopped();
      if (over?.failure !== undefined) throw over.failure;
      return null;
    },
    async write(from) {
      if (closed) throw stopped();
      if (over !== undefined) throw gone();
      const part = from.subarray(0, FRAME_BYTES - 1);
      try {
        await socket.send(Uint8Array.of(STDIN), part);
      } catch (error) {
        throw closed ? stopped() : over !== undefined ? gone() : lost ?? error;
      }
      return part.length;
    },
    async closeWrite() {
      // Without that word there is no other way but to close all: the far side goes on waiting.
      if (!use.halfCloses || closed || over !== undefined) return;
      await socket.send(Uint8Array.of(ENDED, STDIN), new Uint8Array());
    },
    close() {
      if (closed) return;
      closed = true;
      free();
    },
  };
}
