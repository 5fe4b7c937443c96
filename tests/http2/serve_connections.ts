import { Connection, type ConnectionOptions } from "../../buildkit/http2/connection.ts";
import { runConnection, type RunningConnection } from "../../buildkit/http2/connection_io.ts";

/** Serves a listener's connections by our own HTTP/2. */
export function serveConnections(
  listener: Deno.Listener<Deno.Conn>,
  options: ConnectionOptions,
): {
  /** The connections that are open. */
  readonly running: ReadonlySet<RunningConnection>;
  /** Cuts all of them. */
  abort(): void;
  /** Ends the listener and its connections: at once, or after their streams. */
  close(way?: "at once" | "after the streams"): Promise<void>;
} {
  const running = new Set<RunningConnection>();
  const accepting = (async () => {
    for await (const socket of listener) {
      (socket as Partial<Deno.TcpConn>).setNoDelay?.(true);
      const run = runConnection(new Connection("server", options), socket);
      running.add(run);
      void run.closed.then(() => running.delete(run));
    }
  })().catch(() => {});
  const abort = () => running.forEach((run) => run.abort());
  return {
    running,
    abort,
    async close(way = "at once") {
      if (way === "after the streams") await Promise.all(Array.from(running, (run) => run.close()));
      listener.close();
      const closed = Array.from(running, (run) => run.closed);
      abort();
      await Promise.all([accepting, ...closed]);
    },
  };
}
