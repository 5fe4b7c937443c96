/** Ports of loopback behind which nothing answers. */

/** A port that takes connections and says nothing. */
export interface SilentPort extends AsyncDisposable {
  readonly port: number;
  /** `tcp://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Resolves when a client has connected; its connection is closed at the end. */
  connected(): Promise<void>;
}

export function silentPort(): SilentPort {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted: Deno.Conn[] = [];
  return {
    port,
    endpoint: `tcp://127.0.0.1:${port}`,
    async connected() {
      accepted.push(await listener.accept());
    },
    [Symbol.asyncDispose]() {
      for (const conn of [listener, ...accepted]) conn.close();
      return Promise.resolve();
    },
  };
}

/** A port whose queue is full: the system drops further connections, so a dial hangs. */
export async function fullPort(): Promise<{ readonly endpoint: string } & AsyncDisposable> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  // With a backlog of one, Linux lets two connections wait.
  const waiting = await Promise.all([1, 2].map(() => Deno.connect({ port })));
  return {
    endpoint: `tcp://127.0.0.1:${port}`,
    [Symbol.asyncDispose]() {
      for (const conn of [listener, ...waiting]) conn.close();
      return Promise.resolve();
    },
  };
}
