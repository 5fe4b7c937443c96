/** Helpers of the TLS tests: certificates, a server of Deno's, and a check of an error. */
import assert from "node:assert/strict";
import { dialEndpoint, type TlsOptions } from "../../transports/dial.ts";
import { transports } from "../../transports/all.ts";
import { DialError } from "../../transports/errors.ts";
import { createRegistry } from "../../transports/registry.ts";
import type { Connection, DialContext } from "../../transports/transport.ts";
import { accept } from "../harness/accept.ts";
import type { Pair } from "../harness/certs.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context, ownProcessIfAsked } from "./contract_help.ts";

const registry = createRegistry(transports);
ownProcessIfAsked();

export function dial(
  endpoint: string,
  tls: TlsOptions,
  more: Partial<DialContext> = {},
): Promise<Connection> {
  return dialEndpoint(registry, endpoint, tls, { ...context(), ...more });
}

/** The first bytes of a client of HTTP/2 (RFC 9113 §3.4), with empty SETTINGS. */
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");

/** The first bytes a daemon sends when HTTP/2 begins, as `connect` would meet them; null: none. */
export async function firstBytes(endpoint: string, tls: TlsOptions): Promise<Uint8Array | null> {
  const { stream } = await dial(endpoint, tls);
  try {
    await stream.write(PREFACE);
    const buffer = new Uint8Array(64);
    const count = await stream.read(buffer);
    return count === null ? null : buffer.subarray(0, count);
  } finally {
    stream.close();
  }
}

/** Expects a `DialError` of the step `tls` whose message and hint match. */
export async function refused(
  endpoint: string,
  tls: TlsOptions,
  expected: RegExp,
  code: DialError["code"] = "unauthenticated",
): Promise<void> {
  await assert.rejects(soon(firstBytes(endpoint, tls), "the error", 10_000), (error) => {
    assert(error instanceof DialError, String(error));
    assert.match(`${error.message}; ${error.hint}`, expected);
    assert.deepEqual([error.step, error.code], ["tls", code], error.message);
    return true;
  });
}

/** A port that speaks TLS and sends what it gets. */
export async function tlsPort(
  { cert, key }: Pair,
): Promise<{ endpoint: string } & AsyncDisposable> {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
    alpnProtocols: ["h2"],
  });
  return serving(listener);
}

/** A port that greets, and closes when the other side does. */
export function textPort(greeting: string): { endpoint: string } & AsyncDisposable {
  return serving(Deno.listen({ hostname: "127.0.0.1", port: 0 }), greeting);
}

function serving(listener: Deno.Listener<Deno.Conn<Deno.NetAddr>, Deno.NetAddr>, greeting = "") {
  const accepting = accept(listener, async (conn) => {
    if (greeting !== "") await conn.write(new TextEncoder().encode(greeting));
    const buffer = new Uint8Array(4096);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      if (greeting === "") await conn.write(buffer.subarray(0, count));
    }
  });
  return { endpoint: `tcp://127.0.0.1:${listener.addr.port}`, ...accepting };
}
