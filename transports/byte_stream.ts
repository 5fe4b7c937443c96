/**
 * A byte stream to a daemon: the part of `Deno.Conn` that fairlead needs.
 *
 * `streamOf` makes a `Deno.Conn` a byte stream. Everything else (a child's stdio, a node Duplex, a
 * pair of web streams, a channel inside another protocol) is adapted where it is used.
 */
export interface ByteStream {
  /**
   * Reads up to `into.length` bytes into `into`.
   * Resolves to the count, or to null when the far side has ended its writing.
   * Rejects when the stream broke, or was closed on this side while reading.
   */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Writes at least one byte of `from`, and resolves to the count. The caller must not change
   * `from` until then.
   */
  write(from: Uint8Array): Promise<number>;
  /** Half-close: the far side reads the end of the stream, and may still write. */
  closeWrite(): Promise<void>;
  /** Frees everything behind the stream (socket, process, tunnel). May be called more than once. */
  close(): void;
}

/** The error of reads and writes after `close` on this side. */
export function streamClosed(): Error {
  return new Deno.errors.Interrupted("the stream was closed");
}

/** Makes a socket a byte stream, which may be closed twice, unlike a `Deno.Conn`. */
export function streamOf(conn: Deno.Conn): ByteStream {
  let closed = false;
  return {
    read: (into) => conn.read(into),
    write: (from) => conn.write(from),
    closeWrite: () => conn.closeWrite(),
    close() {
      if (!closed) conn.close();
      closed = true;
    },
  };
}
