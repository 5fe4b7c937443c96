/** A server that a build's steps ask, so that a test decides when a step goes on. */
export interface Gates extends AsyncDisposable {
  /** A step asks for a name below it; steps have the machine's network. */
  readonly url: string;
  /** The names that were asked for, in order. */
  readonly ran: readonly string[];
  /** Answers who waits for the name, and everybody later. */
  open(name: string): void;
  /** Answers nobody who asks for the name from now on. */
  close(name: string): void;
}

/** @param closed the names that are closed at first; all others are open */
export function gates(...closed: string[]): Gates {
  const ran: string[] = [];
  const waiting = new Map(closed.map((name) => [name, Promise.withResolvers<void>()]));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ url }) => {
      const name = url.replace(/.*\//, "");
      ran.push(name);
      await waiting.get(name)?.promise;
      return new Response("ok");
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/${crypto.randomUUID()}`,
    ran,
    open: (name) => waiting.get(name)?.resolve(),
    close: (name) => void waiting.set(name, Promise.withResolvers<void>()),
    async [Symbol.asyncDispose]() {
      // The server's end waits for its answers, also after a failure.
      for (const { resolve } of waiting.values()) resolve();
      await server.shutdown();
    },
  };
}
