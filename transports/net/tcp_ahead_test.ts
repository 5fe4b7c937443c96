import assert from "node:assert/strict";
import { connectAhead, takeOrConnect } from "./tcp_ahead.ts";

/** A server that counts its connections, and says when it has lost one. */
function server() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = { opened: 0, closed: Promise.resolve<number | null>(0) };
  const served = (async () => {
    for await (const conn of listener) {
      seen.opened++;
      seen.closed = conn.read(new Uint8Array(1)).finally(() => conn.close());
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    seen,
    port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

const hostname = "127.0.0.1";
const { signal } = new AbortController();

Deno.test("a dial takes the connection that was begun, once", async () => {
  await using peer = server();
  const ahead = connectAhead({ host: hostname, port: peer.port });
  const taken = await takeOrConnect({ hostname, port: peer.port, signal });
  ahead[Symbol.dispose]();
  await taken.write(new Uint8Array(1)); // The disposal did not close it.
  const own = await takeOrConnect({ hostname, port: peer.port, signal });
  assert.notEqual(own.localAddr.port, taken.localAddr.port);
  taken.close();
  own.close();
});

Deno.test("a connection that no dial takes is closed", async () => {
  await using peer = server();
  const ahead = connectAhead({ host: hostname, port: peer.port });
  while (peer.seen.opened === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  ahead[Symbol.dispose]();
  assert.equal(await peer.seen.closed, null);
});

Deno.test("a begun connection that failed is reported by its dial", async () => {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  using _ahead = connectAhead({ host: hostname, port });
  await assert.rejects(takeOrConnect({ hostname, port, signal }), Deno.errors.ConnectionRefused);
});
