/**
 * Connects by `Deno.connectTls`: the runtime's own TLS (rustls), which needs no `node:tls`. It
 * takes no signal, so a connection that opens after the abort is closed at once.
 */
import { abortable, onAbort } from "../../base/async.ts";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { interrupted } from "../errors.ts";
import { emptyRoots } from "./roots.ts";
import { prepareRandom } from "../../base/prepare_random.ts";
import { openSocketOptions } from "../net/socket_options.ts";
import { connectTcp, formatHostPort, type HostPort } from "../net/tcp_connect.ts";
import type { Connection, DialContext, OwnTls } from "../transport.ts";

/**
 * Opens a connection, whose `authority` is the name in the certificate. Returns undefined where the
 * handshake failed, or this TLS doesn't support the parameters: then node's TLS finds the reason.
 * Throws as `Transport.dial` does, but never for a failure of TLS.
 */
export async function connectTls(
  target: HostPort,
  endpoint: string,
  tls: OwnTls,
  context: DialContext,
): Promise<Connection | undefined> {
  const { signal, step } = context;
  const protocol = tls.protocol ?? "h2";
  const naming = namingOf(tls.name, target.host);
  if (naming === undefined || !emptyRoots()) return undefined;
  const seeded = prepareRandom();
  const connecting = connectTcp(target, endpoint, context, ({ signal, ...where }) => {
    const options = {
      ...where,
      ...naming,
      caCerts: [...tls.roots],
      alpnProtocols: [protocol],
      ...tls.client,
    };
    return open(options, signal);
  });
  // The far side's answer takes longer than the opening of libc.
  using options = openSocketOptions();
  const conn = await connecting;
  await seeded;
  if (conn === undefined) return undefined;

  step("tls", tls.name);
  const stream = streamOfTls(conn);
  // The options are set before the handshake, whose last flight is two writes. Otherwise the second
  // write waits for the far side's acknowledgement of the first, for 40 ms.
  const isSet = options.set(conn);
  using _ = onAbort(signal, () => stream.close());
  try {
    if (!isSet) stream.close();
    const { alpnProtocol } = await conn.handshake();
    signal.throwIfAborted();
    // A server that doesn't support ALPN chooses no protocol.
    if (alpnProtocol === null || alpnProtocol === protocol) {
      const { hostname: host, port } = conn.remoteAddr;
      return { stream, authority: tls.name, peer: formatHostPort({ host, port }), secure: true };
    }
  } catch {
    if (signal.aborted) throw interrupted(signal, endpoint, "tls", tls.name);
  }
  stream.close();
  return undefined;
}

/**
 * Returns the options that make the runtime check the certificate for `name` instead of the host.
 * They use a symbol of the runtime; undefined where this runtime has no such symbol.
 */
function namingOf(name: string, host: string): object | undefined {
  if (name === host) return {};
  const symbol = Symbol.for("unstableServerName");
  const { internal } = Deno as unknown as { internal: symbol };
  const internals = (Deno as unknown as Record<symbol, { serverNameSymbol?: symbol }>)[internal];
  return internals?.serverNameSymbol === symbol ? { [symbol]: name } : undefined;
}

/** Connects; returns undefined for a failure that is not TCP's. */
async function open(
  options: Parameters<typeof Deno.connectTls>[0],
  signal: AbortSignal,
): Promise<Deno.TlsConn | undefined> {
  const connecting = Deno.connectTls(options);
  try {
    return await abortable(connecting, signal);
  } catch (error) {
    if (signal.aborted) connecting.then((conn) => conn.close(), () => {});
    // connect(2)'s errors have codes, unlike the resolver's.
    const code = (error as { code?: string }).code;
    const isTcp = code !== undefined || /lookup address/.test((error as Error).message);
    if (signal.aborted || isTcp) throw error;
    return undefined;
  }
}

/** Treats a far side that hangs up without close_notify as ended, as without TLS. */
function streamOfTls(conn: Deno.TlsConn): ByteStream {
  const stream = streamOf(conn);
  return {
    ...stream,
    async read(into) {
      try {
        return await stream.read(into);
      } catch (error) {
        if (error instanceof Deno.errors.UnexpectedEof) return null;
        throw error;
      }
    },
  };
}
