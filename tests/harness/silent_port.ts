/** A port of loopback that takes connections and says nothing. */
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
