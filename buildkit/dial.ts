import type { Registry } from "../transports/registry.ts";
import type { Connection, DialContext } from "../transports/transport.ts";

/** TLS as a builder's driver options name it. Any of the four asks for TLS. Files are absolute paths. */
export interface TlsOptions {
  /** The CA certificates that may have signed the daemon's; without it the system's. */
  readonly cacert?: string;
  /** Our certificate (with its chain), for a daemon that demands one. */
  readonly cert?: string;
  /** The private key of `cert`. */
  readonly key?: string;
  /** The name that the daemon's certificate must carry, in place of the endpoint's host. */
  readonly servername?: string;
}

/** True when the options ask for TLS. */
export function wantsTls(tls: TlsOptions): boolean {
  return [tls.cacert, tls.cert, tls.key, tls.servername].some((value) => value !== undefined);
}

/**
 * Opens one connection to an endpoint, under TLS where asked.
 *
 * Throws `EndpointError` before anything is dialled, `DialError` after, or the signal's reason.
 */
export async function dialEndpoint(
  registry: Registry,
  endpoint: string,
  tls: TlsOptions,
  context: DialContext,
): Promise<Connection> {
  const transport = registry.find(endpoint);
  const spec = transport.parse(endpoint);
  const connection = await transport.dial(spec, context);
  if (!wantsTls(tls)) return connection;
  connection.stream.close();
  throw new Error("TLS is not there yet");
}

/**
 * The endpoint in printable form when its bytes would cross a network in the clear, else undefined;
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
