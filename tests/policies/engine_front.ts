/**
 * A Docker engine whose BuildKit is another daemon: connections are carried to the engine, and
 * those that ask for its BuildKit to the other one. Debian's engines have a BuildKit that can't
 * resolve attestations.
 */
import { carry } from "../../transports/net/relay.ts";
import { accept } from "../harness/accept.ts";

const ANSWER = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

/** @param paths the sockets: the new one, the engine's, and the daemon's */
export function engineFront(
  paths: { readonly socket: string; readonly engine: string; readonly buildkit: string },
): AsyncDisposable {
  const listener = Deno.listen({ transport: "unix", path: paths.socket });
  return accept(listener, async (client) => {
    const first = new Uint8Array(65536);
    const count = await client.read(first) ?? 0;
    const isBuildkit = /^POST (\/v[\d.]+)?\/grpc /.test(
      new TextDecoder().decode(first.subarray(0, count)),
    );
    const path = isBuildkit ? paths.buildkit : paths.engine;
    using server = await Deno.connect({ transport: "unix", path });
    if (isBuildkit) await client.write(new TextEncoder().encode(ANSWER));
    else await server.write(first.subarray(0, count));
    await Promise.all([carry(client, server), carry(server, client)]);
  });
}
