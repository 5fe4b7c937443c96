import { writeAll } from "../../base/bytes.ts";
import { type ByteStream, streamClosed } from "../byte_stream.ts";

/** The limit of the kept bytes: HTTP/2's preface and some requests. */
const KEPT_BYTES = 256 << 10;

/**
 * A stream that switches to another stream when the first one fails before its first byte was read.
 * The bytes written until then are written again. A gRPC server sends first, so a server that has
 * sent nothing has done nothing.
 *
 * @param another opens the next stream, given the last one's error; throws when no stream is left
 */
export function failover(
  first: ByteStream,
  another: (error: unknown, signal: AbortSignal) => Promise<ByteStream>,
): ByteStream {
  const closing = new AbortController();
  let stream = first;
  /** The bytes to write again; undefined once switching is no longer possible. */
  let kept: Uint8Array[] | undefined = [];
  let bytes = 0;
  let halfClosed = false;
  let switching: Promise<void> | undefined;

  async function switchOver(error: unknown): Promise<void> {
    stream.close();
    const next = await another(error, closing.signal);
    if (closing.signal.aborted) {
      next.close();
      closing.signal.throwIfAborted();
    }
    stream = next;
    for (const part of kept ?? []) await writeAll(next, part);
    if (halfClosed) await next.closeWrite();
  }

  return {
    async read(into) {
      for (;;) {
        closing.signal.throwIfAborted();
        let failure: unknown;
        try {
          const count = await stream.read(into);
          if (count !== null || kept === undefined) {
            kept = undefined;
            return count;
          }
          failure = new Deno.errors.UnexpectedEof("it ended without an answer");
        } catch (error) {
          if (kept === undefined || closing.signal.aborted) throw error;
          failure = error;
        }
        switching = switchOver(failure);
        try {
          await switching;
        } catch (error) {
          kept = undefined;
          throw error;
        } finally {
          switching = undefined;
        }
      }
    },
    async write(from) {
      await switching;
      closing.signal.throwIfAborted();
      if (kept === undefined) return await stream.write(from);
      const part = from.subarray(0, 64 << 10);
      bytes += part.length;
      if (bytes > KEPT_BYTES) {
        kept = undefined;
        return await stream.write(part);
      }
      kept.push(part.slice());
      const before = stream;
      try {
        await writeAll(before, part);
      } catch (error) {
        // The reader gets the same error, and switches to a stream with the kept bytes.
        if (kept === undefined || closing.signal.aborted) throw error;
      }
      return part.length;
    },
    async closeWrite() {
      halfClosed = true;
      await switching;
      await stream.closeWrite();
    },
    close() {
      closing.abort(streamClosed());
      stream.close();
    },
  };
}
