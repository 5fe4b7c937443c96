import type { Registry } from "./registry.ts";
import type { Connection, DialContext, Transport } from "./transport.ts";
import { beginDial, takeBegun } from "./dial_ahead.ts";
import { dialOwnTls } from "./tls/own_tls.ts";
import { noticingTls } from "./tls/unasked_tls.ts";

/** The TLS options of a builder's driver. Each of them turns TLS on. Files are absolute paths. */
export interface TlsOptions {
  /** The CA certificates that may have signed the daemon's certificate, by default the system's. */
  readonly cacert?: string;
  /** The client's certificate with its chain, for a daemon that requires one. */
  readonly cert?: string;
  /** The private key of `cert`. */
  readonly key?: string;
  /** The name that the daemon's certificate must carry instead of the endpoint's host. */
  readonly servername?: string;
}

/** True when the options turn TLS on. */
export function wantsTls(tls: TlsOptions): boolean {
  return [tls.cacert, tls.cert, tls.key, tls.servername].some((value) => value !== undefined);
}

/**
 * Opens one connection to an endpoint, under TLS where asked, or takes one that was begun
 * (`dial_ahead.ts`).
 *
 * Throws `EndpointError` before anything is dialled, `DialError` after, or the signal's reason.
 */
export async function dialEndpoint(
  registry: Registry,
  endpoint: string,
  tls: TlsOptions,
  context: DialContext,
): Promise<Connection> {
  return await (takeBegun(endpoint, tls, context) ?? dialNow(registry, endpoint, tls, context));
}

/**
 * Begins to connect, for a dial that follows soon, where a dial is no more than TCP and TLS.
 * Disposing of the result closes the connection, unless a dial has taken it. Throws
 * `EndpointError`.
 */
export function dialAhead(
  registry: Registry,
  endpoint: string,
  tls: TlsOptions,
  env: DialContext["env"],
): Disposable | undefined {
  if (registry.find(endpoint).tcp === undefined) return undefined;
  return beginDial(
    endpoint,
    tls,
    env,
    (context) => dialNow(registry, endpoint, tls, context),
  );
}

async function dialNow(
  registry: Registry,
  endpoint: string,
  tls: TlsOptions,
  context: DialContext,
): Promise<Connection> {
  const transport = registry.find(endpoint);
  const spec = transport.parse(endpoint);
  if (!wantsTls(tls)) return await dialPlain(transport, spec, context);

  if (transport.tcp !== undefined) {
    const connection = await dialOwnTls(transport, spec, tls, context);
    if (connection !== undefined) return connection;
    // The code below layers TLS over the transport's stream. It supports more, and explains
    // failures.
  }
  const shown = transport.describe(spec);
  const { loadTls, openTls } = await import("./tls/tls.ts");
  const files = await loadTls(tls, shown, context);
  const connection = await transport.dial(spec, context);
  if (connection.secure) {
    context.log(`${shown} is encrypted already: the TLS options are not used`);
    return connection;
  }
  const host = files.servername ?? connection.serverName ?? transport.host(spec).name;
  const again = async () => (await transport.dial(spec, context)).stream;
  const stream = await openTls(connection.stream, again, files, host, shown, context);
  return { ...connection, stream, authority: host, secure: true };
}

/**
 * Dials without TLS. Where the transport has TLS of its own, a far side that expects TLS is
 * noticed.
 */
async function dialPlain(
  transport: Transport,
  spec: unknown,
  context: DialContext,
): Promise<Connection> {
  const connection = await transport.dial(spec, context);
  if (transport.tcp === undefined) return connection;
  return noticingTls(connection, transport, spec, context);
}

/**
 * Returns the printable endpoint when its bytes would cross a network in the clear, else undefined.
 * `create` warns of it once. Throws `EndpointError`.
 */
export function warnPlaintext(
  registry: Registry,
  endpoint: string,
  tls: TlsOptions,
): string | undefined {
  const transport = registry.find(endpoint);
  const spec = transport.parse(endpoint);
  return !wantsTls(tls) && transport.plaintext(spec) ? transport.describe(spec) : undefined;
}
