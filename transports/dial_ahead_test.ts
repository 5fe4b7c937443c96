import assert from "node:assert/strict";
import { dialAhead, dialEndpoint } from "./dial.ts";
import { beginDial } from "./dial_ahead.ts";
import { DialError } from "./errors.ts";
import { createRegistry } from "./registry.ts";
import { tcp } from "./schemes/tcp.ts";
import { unix } from "./schemes/unix.ts";
import type { DialContext, Transport } from "./transport.ts";

const registry = createRegistry([tcp, unix] as readonly Transport[]);
const env = () => undefined;

/** A server that counts its connections, and reports when it has lost the latest. */
function server() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = { opened: 0, closed: Promise.resolve<number | null>(0) };
  const served = (async () => {
    for await (const conn of listener) {
      seen.opened++;
      seen.closed = conn.read(new Uint8Array(1)).finally(() => conn.close());
    }
  })();
  return {
    seen,
    endpoint: `tcp://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

/** The context of a dial, with the steps that it hears of. */
function context(signal = new AbortController().signal): DialContext & { steps: string[] } {
  const steps: string[] = [];
  return { signal, env, log() {}, step: (step) => steps.push(step), steps };
}

/** A mock: a dial that never ends by itself, which no server on loopback brings about. */
function endless({ signal }: DialContext): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason));
  return promise;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("a dial takes the connection that was begun, once, and hears of its step", async () => {
  await using peer = server();
  const ahead = dialAhead(registry, peer.endpoint, {}, env)!;
  await until(() => peer.seen.opened === 1);
  const taker = context();
  const { stream } = await dialEndpoint(registry, peer.endpoint, {}, taker);
  assert.deepEqual(taker.steps, ["connect"]);
  ahead[Symbol.dispose]();
  await stream.write(new Uint8Array(1)); // The disposal did not close it.
  assert.equal(peer.seen.opened, 1);
  const second = await dialEndpoint(registry, peer.endpoint, {}, context());
  await until(() => peer.seen.opened === 2);
  stream.close();
  second.stream.close();
});

Deno.test("a connection with other TLS options is not taken", async () => {
  await using peer = server();
  using _ahead = beginDial(peer.endpoint, { cacert: "/ca.pem" }, env, endless);
  const { stream } = await dialEndpoint(registry, peer.endpoint, {}, context());
  await until(() => peer.seen.opened === 1);
  stream.close();
});

Deno.test("a connection that no dial takes is closed", async () => {
  await using peer = server();
  const ahead = dialAhead(registry, peer.endpoint, {}, env)!;
  await until(() => peer.seen.opened === 1);
  ahead[Symbol.dispose]();
  assert.equal(await peer.seen.closed, null);
});

Deno.test("a begun connection that failed is reported by its dial", async () => {
  const endpoint = "tcp://127.0.0.1:1";
  using _ahead = dialAhead(registry, endpoint, {}, env);
  await assert.rejects(
    dialEndpoint(registry, endpoint, {}, context()),
    (error) => error instanceof DialError && error.message.includes("connection refused"),
  );
});

Deno.test("the signal of a dial that has taken a connection ends it", async () => {
  const endpoint = "tcp://127.0.0.1:1";
  using _ahead = beginDial(endpoint, {}, env, endless);
  const stop = new AbortController();
  const dialled = dialEndpoint(registry, endpoint, {}, context(stop.signal));
  stop.abort(new Error("enough"));
  await assert.rejects(dialled, /^Error: enough$/);
});

Deno.test("only a dial that is no more than TCP and TLS begins ahead", () => {
  assert.equal(dialAhead(registry, "unix:///run/x.sock", {}, env), undefined);
});
