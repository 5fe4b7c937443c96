/**
 * Serves each connection of a listener, and closes it when that is over. An error of `serve` is an
 * end like any other: its client has gone, as tests provoke it. Disposing ends the listener, closes
 * the open connections and waits for their ends.
 */
export function accept<Address extends Deno.Addr>(
  listener: Deno.Listener<Deno.Conn<Address>, Address>,
  /** @param nth how many connections came before this one */
  serve: (conn: Deno.Conn<Address>, nth: number) => Promise<unknown>,
): AsyncDisposable {
  const open = new Map<Deno.Conn, Promise<void>>();
  const accepting = (async () => {
    let nth = 0;
    for await (const conn of listener) {
      const served = serve(conn, nth++).then(() => {}, () => {}).finally(() => {
        close(conn);
        open.delete(conn);
      });
      open.set(conn, served);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      listener.close();
      // A connection may have come at this moment: it is open only when the loop has ended.
      await accepting;
      for (const conn of open.keys()) close(conn);
      await Promise.all(open.values());
    },
  };
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
