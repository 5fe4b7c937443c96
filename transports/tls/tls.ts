/**
 * TLS over any byte stream: 1.2 or 1.3, ALPN `h2` unless the files say otherwise.
 *
 * This module uses `node:tls`, which is loaded only here. A plain TCP connection uses the runtime's
 * own TLS where possible (`own_tls.ts`). That TLS takes only a TCP socket, and says little about a
 * failure.
 */
import { onAbort } from "../../base/async.ts";
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, interrupted } from "../errors.ts";
import type { DialContext } from "../transport.ts";
import type { Misfit } from "../first_bytes.ts";
import { duplexOf } from "./tls_duplex.ts";
import { explainCertificate, explainTlsError, isTlsError } from "./tls_errors.ts";
import type { TlsFiles } from "./tls_files.ts";
import { holdsFor } from "./certificate_names.ts";
import { READS_ALL, tlsStream } from "./tls_stream.ts";

export { checkTls, loadTls, type TlsFiles } from "./tls_files.ts";

/** The result of a handshake. */
export interface Handshake {
  /** The TLS version: `TLSv1.3` */
  readonly protocol: string;
  readonly cipher: string;
  /** The protocol inside: `h2`; empty where the daemon chose none. */
  readonly alpn: string;
  /** The daemon's certificate, then those of its authorities, as far as known. */
  readonly chain: readonly X509Certificate[];
}

/**
 * Shakes hands over `stream` as {@link wrapTls} does. A daemon that isn't the right one never sees
 * fairlead's certificate: the handshake stops before. A second handshake without that certificate
 * then tells what is wrong with the daemon's.
 * @param again opens another stream to the same daemon
 */
export async function openTls(
  stream: ByteStream,
  again: () => Promise<ByteStream>,
  files: TlsFiles,
  host: string,
  endpoint: string,
  context: DialContext,
  onHandshake?: (handshake: Handshake) => void,
): Promise<ByteStream> {
  try {
    return await wrapTls(stream, files, host, endpoint, context, onHandshake);
  } catch (error) {
    stream.close();
    if (!isVerifiedFirst(files) || context.signal.aborted) throw error;
    let isJudged = false;
    const judged = (handshake: Handshake) => {
      isJudged = true;
      onHandshake?.(handshake);
    };
    try {
      const { client: _, ...nameless } = files;
      (await wrapTls(await again(), nameless, host, endpoint, context, judged)).close();
    } catch (instead) {
      if (isJudged) throw instead;
    }
    throw error;
  }
}

/** Whether the daemon's certificate is verified before the end of the handshake. */
function isVerifiedFirst({ client, insecure }: TlsFiles): boolean {
  return client !== undefined && insecure !== true;
}

/**
 * Shakes hands over `stream` and returns the stream inside TLS. Closing that stream closes
 * `stream`, and so does a failure.
 *
 * Throws `DialError` of the step `tls`, or the signal's reason. A later read throws the same when
 * the daemon refuses fairlead's certificate: with TLS 1.3 the refusal comes after the handshake.
 *
 * @param host the name or address that the daemon's certificate must carry
 * @param endpoint the redacted endpoint, for errors
 * @param onHandshake called before the daemon's certificate is judged
 */
export async function wrapTls(
  stream: ByteStream,
  files: TlsFiles,
  host: string,
  endpoint: string,
  context: DialContext,
  onHandshake?: (handshake: Handshake) => void,
): Promise<ByteStream> {
  const { signal } = context;
  const name = host.replace(/\.$/, "");
  const fail = ({ problem, code, hint }: Misfit, cause?: unknown) =>
    new DialError(problem, { endpoint, step: "tls", code, hint, cause });
  if (name === "") {
    stream.close();
    throw fail({
      code: "config",
      problem: "the endpoint has no host that the daemon's certificate could be checked against",
      hint: "set servername=NAME, a name for which the certificate is valid",
    });
  }
  context.step("tls", name);
  const below = duplexOf(stream);
  const explain = (error: unknown) =>
    error instanceof DialError
      ? error
      : fail(explainTlsError(error, name, files, below.first()), error);

  const socket = connect(
    {
      socket: below.duplex,
      ca: [...files.roots],
      ...(files.client === undefined ? {} : { cert: files.client.cert, key: files.client.key }),
      // An IP address is no server name (RFC 6066 §3), but the certificate must carry it.
      ...(isIP(name) ? { host: name } : { servername: name }),
      ...READS_ALL,
      ALPNProtocols: [files.protocol ?? "h2"],
      minVersion: "TLSv1.2",
      // Otherwise the code below refuses a certificate, and can name its names.
      rejectUnauthorized: isVerifiedFirst(files),
    } satisfies ConnectionOptions,
  );
  // The caller gets the socket's errors by awaiting it; later errors don't count.
  socket.on("error", () => {});
  try {
    const shaken = handshake(socket);
    using _ = onAbort(signal, () => socket.destroy());
    await shaken;
    signal.throwIfAborted();
    onHandshake?.(described(socket));
    if (files.insecure !== true) {
      const { chain } = described(socket);
      // Node would also accept a common name, and it parses subjectAltName from a text.
      const isNamed = holdsFor(chain[0]!, name);
      if (!socket.authorized || !isNamed) {
        throw fail(explainCertificate(chain, isNamed, name, files));
      }
    }
  } catch (error) {
    socket.destroy();
    below.close();
    throw signal.aborted ? interrupted(signal, endpoint, "tls", name) : explain(error);
  }
  return tlsStream(socket, below, (error) => isTlsError(error) ? explain(error) : error);
}

/** Resolves when our side of the handshake is complete. */
function handshake(socket: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("secureConnect", resolve);
  socket.once("error", reject);
  const closed = () => reject(new Error("the connection was closed"));
  socket.once("close", closed);
  return promise.finally(() => {
    socket.off("secureConnect", resolve);
    socket.off("error", reject);
    socket.off("close", closed);
  });
}

function described(socket: TLSSocket): Handshake {
  const chain: X509Certificate[] = [];
  for (
    let peer = socket.getPeerCertificate(true);
    peer?.raw !== undefined && chain.length < 10;
    peer = peer.issuerCertificate
  ) {
    const certificate = new X509Certificate(peer.raw);
    // A root is its own issuer.
    if (chain.at(-1)?.fingerprint256 === certificate.fingerprint256) break;
    chain.push(certificate);
  }
  return {
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().standardName,
    alpn: socket.alpnProtocol || "",
    chain,
  };
}
