/**
 * A way to a real engine on which one request can be held, as if the engine were slow. So a test
 * finds a client in a certain step of its work.
 */
import { writeAll } from "../../base/bytes.ts";
import { carry } from "../../transports/net/relay.ts";
import { accept } from "../harness/accept.ts";

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
  let hold: Hold | undefined;
  const serving = accept(listener, async (client) => {
    const buffer = new Uint8Array(64 << 10);
    const count = await client.read(buffer);
    if (count === null) return;
    const [line = ""] = new TextDecoder().decode(buffer.subarray(0, 200)).split("\r\n");
    const held = hold?.request.test(line) ? hold : undefined;
    if (held !== undefined) hold = undefined;
    if (held?.when === "before") return await waitForEnd(client, held);
    using engine = await Deno.connect({ transport: "unix", path: socket });
    await writeAll(engine, buffer.subarray(0, count));
    if (held !== undefined) {
      await engine.read(buffer);
      return await waitForEnd(client, held);
    }
    await Promise.all([carry(client, engine), carry(engine, client)]);
  });
  return {
    host: `unix://${path}`,
    hold: (request, when) =>
      new Promise((reached) => {
        hold = { request, when, reached };
      }),
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}

async function waitForEnd(client: Deno.Conn, { reached }: Hold): Promise<void> {
  reached();
  while (await client.read(new Uint8Array(1024)) !== null);
}
