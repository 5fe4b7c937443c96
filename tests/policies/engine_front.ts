/**
 * A Docker engine whose BuildKit is another daemon: connections are carried to the engine, and those that
 * ask for its BuildKit to the other one. Debian's engines have a BuildKit that can't resolve attestations.
 */

const ANSWER = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

/** @param paths the sockets: the new one, the engine's, and the daemon's */
export function engineFront(
  paths: { readonly socket: string; readonly engine: string; readonly buildkit: string },
): Disposable {
  const listener = Deno.listen({ transport: "unix", path: paths.socket });
  void (async () => {
    for await (const client of listener) void serve(client).catch(() => {});
  })().catch(() => {});
  async function serve(client: Deno.Conn): Promise<void> {
    const first = new Uint8Array(65536);
    const count = await client.read(first) ?? 0;
    const isBuildkit = /^POST (\/v[\d.]+)?\/grpc /.test(
      new TextDecoder().decode(first.subarray(0, count)),
    );
    const path = isBuildkit ? paths.buildkit : paths.engine;
    const server = await Deno.connect({ transport: "unix", path });
    if (isBuildkit) await client.write(new TextEncoder().encode(ANSWER));
    else await server.write(first.subarray(0, count));
    const done = Promise.all([copy(client, server), copy(server, client)]);
    await done.finally(() => [client, server].forEach((end) => end.close()));
  }
  return { [Symbol.dispose]: () => listener.close() };
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
  for (let count; (count = await from.read(buffer)) !== null;) {
    for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
  }
  await to.closeWrite();
}
