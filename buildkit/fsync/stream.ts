import type { MessageStream, ServerCall } from "../grpc/call.ts";

/** One DiffCopy call, as file sync sees it. */
export type PacketStream = MessageStream & Pick<ServerCall, "report">;

/** A problem with one entry that did not stop the transfer. */
export interface Warning {
  /** Relative to the root. */
  readonly path: string;
  /** The reason, for people. */
  readonly reason: string;
}

/** The progress of a transfer. */
export interface Progress {
  /** Entries listed so far: files, folders, links and all. */
  entries: number;
  /** Files whose whole content was transferred. */
  files: number;
  /** Bytes of content so far. */
  bytes: number;
  /**
   * Bytes of the files that the peer has requested; known to a sender that has listed all entries.
   */
  total?: number;
}

/**
 * Splits long work into slices of `ms` milliseconds. The returned function is called after each
 * step of the work: at the end of a slice it gives a promise, which the work must await.
 */
export function makeSlices(ms: number): () => Promise<void> | undefined {
  let until = performance.now() + ms;
  return () =>
    performance.now() < until ? undefined : nextTurn().then(() => {
      until = performance.now() + ms;
    });
}

/**
 * Yields to everything else that is ready, sockets and timers included. For timers, `setImmediate`
 * is enough. But as long as something is due at once, Deno looks at its sockets only every 61st
 * time, so the daemon's frames waited up to 380 ms for a walk. A call in another thread lets the
 * event loop sleep and look, and takes 0.1 ms.
 */
export async function nextTurn(): Promise<void> {
  await Deno.lstat("/").catch(() => {}); // without permission to read, the timers alone
  await new Promise((resolve) => setImmediate(resolve));
}
