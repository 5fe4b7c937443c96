/**
 * Kubernetes' channels: the first byte of a WebSocket message is the number of the channel. Here
 * one channel in each direction becomes a byte stream; messages of other channels go to a callback.
 *
 *     exec (v5, v4.channel.k8s.io)         0: stdin, 1: stdout, 2: stderr, 3: a Status at the end,
 *                                          255 (v5): the channel in the second byte has ended
 *     port-forward (v4.channel.k8s.io)     0: data, 1: an error's text; each begins with the port
 *
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ and client-go's tools/remotecommand
 */
import { FRAME_BYTES, type WebSocketClient } from "../net/websocket.ts";
import { type ByteStream, streamClosed } from "../byte_stream.ts";
import { within } from "../../base/async.ts";
import { watchChannel } from "./watch.ts";

/** The meaning of the channels of one protocol. */
export interface ChannelUse {
  /** The channel whose bytes go to the reader. */
  readonly reads: number;
  /** The number of bytes at the beginning of each channel that are no data. */
  readonly skips: number;
  /** Whether the protocol has a message for the end of one channel. */
  readonly halfCloses: boolean;
  /** Called with bytes of another channel; they are valid until the call returns. */
  other(channel: number, bytes: Uint8Array): void;
  /** Called once, at the end: the error for the reader, if any. The signal aborts on `close`. */
  failure(end: ChannelEnd, signal: AbortSignal): Promise<Error | undefined>;
  /** Called during a long silence: the reason why the stream is dead, or undefined. */
  suspect(signal: AbortSignal): Promise<Error | undefined>;
}

/** How a stream ended. */
export interface ChannelEnd {
  /** Whether the reader had received a byte. */
  readonly any: boolean;
  /** The error that broke the stream; undefined for a plain end. */
  readonly broken: unknown;
  /** Whether `closeWrite` was called before, so that the end is expected. */
  readonly expected: boolean;
}

const STDIN = 0;
const ENDED = 255;
/** How long a failed write waits for the reader to find the reason, in ms. */
const READER_MS = 1000;

export function channelStream(socket: WebSocketClient, use: ChannelUse): ByteStream {
  const skipped = new Map<number, number>();
  const scratch = new Uint8Array(4096);
  let channel = -1;
  let any = false;
  let closed = false;
  let halfClosed = false;
  let lost: Error | undefined;
  /** Set at the end, with the error that reads throw from then on. */
  let over: { readonly failure: Error | undefined } | undefined;
  let finishing = false;
  const { promise: finished, resolve: finishes } = Promise.withResolvers<void>();
  const closing = new AbortController();

  const watch = watchChannel(socket, {
    suspect: () => use.suspect(closing.signal).catch(() => undefined),
    lost(error) {
      lost = error;
      free();
    },
    left() {
      over ??= { failure: undefined };
      free();
    },
  });
  const free = () => {
    watch.stop();
    socket.close();
  };
  const gone = () => over?.failure ?? new Deno.errors.BrokenPipe("the far side has ended");

  /** Resolves when the reason of the end is known, or when the stream is closed. */
  const finish = (broken?: unknown): Promise<void> => {
    if (!finishing) void find(broken);
    finishing = true;
    return finished;
  };
  async function find(broken: unknown): Promise<void> {
    free();
    const end = { any, broken, expected: halfClosed };
    const failure = await use.failure(end, closing.signal)
      .catch((error) => error instanceof Error ? error : gone());
    over ??= { failure };
    finishes();
  }

  /** Reads bytes of the reader's channel; null at the end. */
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
      if (closed) throw streamClosed();
      watch.reads(true);
      try {
        const count = over === undefined ? await next(into) : null;
        any ||= count !== null;
        if (count !== null) {
          watch.came();
          return count;
        }
        if (over === undefined) await finish();
      } catch (error) {
        if (!closed && over === undefined) await finish(lost ?? error);
      } finally {
        watch.reads(false);
      }
      if (closed) throw streamClosed();
      if (over?.failure !== undefined) throw over.failure;
      return null;
    },
    async write(from) {
      if (closed) throw streamClosed();
      if (over !== undefined) throw gone();
      const part = from.subarray(0, FRAME_BYTES - 1);
      watch.writes(true);
      try {
        await socket.send(Uint8Array.of(STDIN), part);
      } catch (error) {
        // A reason that the reader finds says more than "broken pipe".
        if (!closed && !finishing) await within(finished, READER_MS);
        if (!closed) await finish(lost ?? error);
        throw closed ? streamClosed() : gone();
      } finally {
        watch.writes(false);
      }
      return part.length;
    },
    async closeWrite() {
      if (closed || over !== undefined || halfClosed) return;
      halfClosed = true;
      if (use.halfCloses) await socket.send(Uint8Array.of(ENDED, STDIN), new Uint8Array());
      // Without that message the far side waits forever, so this side has to end the stream.
      else watch.leave();
    },
    close() {
      if (closed) return;
      closed = true;
      free();
      closing.abort(streamClosed());
      finishes();
    },
  };
}
