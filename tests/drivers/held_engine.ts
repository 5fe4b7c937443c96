/**
 * A way to a real engine on which one request can be held, as if the engine were slow. So a test
 * finds a client in a certain step of its work.
 */

export interface HeldEngine extends AsyncDisposable {
  /** `unix:///path` */
  readonly host: string;
  /**
   * Holds the next request whose first line matches: `before` the engine gets it, or `after` the
   * engine has answered. Resolves when the client waits for it. The end of the client lets go of
   * it.
   */
  hold(request: RegExp, when: "before" | "after"): Promise<void>;
}

interface Hold {
  readonly request: RegExp;
  readonly when: "before" | "after";
  readonly reached: () => void;
}

/** @param socket the engine's. @param path for the socket of the way */
export function heldEngine(socket: string, path: string): HeldEngine {
  const listener = Deno.listen({ transport: "unix", path });
  const open = new Set<Deno.Conn>();
  let hold: Hold | undefined;

  async function serve(client: Deno.Conn): Promise<void> {
    open.add(client);
    const buffer = new Uint8Array(64 << 10);
    const count = await client.read(buffer);
    if (count === null) return;
    const [line = ""] = new TextDecoder().decode(buffer.subarray(0, 200)).split("\r\n");
    const held = hold?.request.test(line) ? hold : undefined;
    if (held !== undefined) hold = undefined;
    if (held?.when === "before") return await waitForEnd(client, held);
    const engine = await Deno.connect({ transport: "unix", path: socket });
    open.add(engine);
    try {
      await write(engine, buffer.subarray(0, count));
      if (held !== undefined) {
        await engine.read(buffer);
        return await waitForEnd(client, held);
      }
      await Promise.all([carry(client, engine), carry(engine, client)]);
    } finally {
      close(engine);
    }
  }

  async function waitForEnd(client: Deno.Conn, { reached }: Hold): Promise<void> {
    reached();
    while (await client.read(new Uint8Array(1024)) !== null);
  }

  const close = (conn: Deno.Conn) => {
    if (open.delete(conn)) conn.close();
  };
  const serving = (async () => {
    for await (const client of listener) {
      serve(client).catch(() => {}).finally(() => close(client));
    }
  })();
  return {
    host: `unix://${path}`,
    hold: (request, when) =>
      new Promise((reached) => {
        hold = { request, when, reached };
      }),
    async [Symbol.asyncDispose]() {
      listener.close();
      open.forEach(close);
      await serving.catch(() => {});
    },
  };
}

async function write(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

/** Carries bytes one way; the end of the source ends that way only. */
async function carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 << 10);
  for (let n; (n = await from.read(buffer)) !== null;) await write(to, buffer.subarray(0, n));
  await to.closeWrite();
}
