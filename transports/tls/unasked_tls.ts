/**
 * A port that expects TLS often hangs up without a word when it receives plain HTTP/2. Go's TLS
 * does so, and therefore buildkitd. So a port that hung up without an answer is dialled once more,
 * with TLS.
 */
import { withTimeout } from "../../base/async.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import type { Connection, DialContext, Transport } from "../transport.ts";
import { NEEDS_TLS } from "../first_bytes.ts";

/** The limit of the second dial, in ms: the first dial's error waits for it. */
const LIMIT = 1000;

/** Wraps a connection: its first read reports that the far side expects TLS. */
export function noticingTls(
  connection: Connection,
  transport: Transport,
  spec: unknown,
  context: DialContext,
): Connection {
  const stream = withReason(connection.stream, () => askInTls(transport, spec, context));
  return { ...connection, stream };
}

/**
 * @param reason finds out why the far side hung up: called when the first read ends or breaks. Its
 * error, if any, becomes that of the read, and of a write that breaks meanwhile
 */
function withReason(below: ByteStream, reason: () => Promise<Error | undefined>): ByteStream {
  let closed = false;
  let first: Promise<number | null> | undefined;
  const { read, write } = below;

  async function readFirst(into: Uint8Array): Promise<number | null> {
    let failure: unknown;
    let count: number | null = null;
    try {
      count = await read(into);
    } catch (error) {
      failure = error;
    }
    if (count === null && !closed) failure = await reason() ?? failure;
    // From now on reads and writes go directly to the stream below.
    Object.assign(stream, { read, write });
    if (failure !== undefined) throw failure;
    return count;
  }

  const stream = {
    ...below,
    read: (into: Uint8Array) => first === undefined ? first = readFirst(into) : read(into),
    async write(from: Uint8Array) {
      try {
        return await write(from);
      } catch (error) {
        await first;
        throw error;
      }
    },
    close() {
      closed = true;
      below.close();
    },
  };
  return stream;
}

/** Returns the error to report when a TLS handshake is answered; else undefined. */
async function askInTls(
  transport: Transport,
  spec: unknown,
  context: DialContext,
): Promise<DialError | undefined> {
  const endpoint = transport.describe(spec);
  const limited = {
    ...context,
    log: () => {},
    step: () => {},
    signal: withTimeout(context.signal, LIMIT),
  };
  const { wrapTls } = await import("./tls.ts");
  const { issuerOf, namesOf, subjectOf } = await import("./certificate_names.ts");
  let shown: string | undefined;
  try {
    const { stream } = await transport.dial(spec, limited);
    const anybody = { roots: [], rootsFrom: "", insecure: true };
    const { name } = transport.host(spec);
    const secure = await wrapTls(stream, anybody, name, endpoint, limited, ({ chain }) => {
      const [certificate] = chain;
      const names = namesOf(certificate!).join(", ") || "no host";
      shown = ` (its certificate, ${subjectOf(certificate!)}, is for ${names}, ` +
        `and signed by ${issuerOf(certificate!)})`;
    });
    secure.close();
  } catch (error) {
    if (!(error instanceof DialError)) return undefined;
    // An alert also proves that the port speaks TLS.
    if (shown === undefined && error.step === "tls" && error.code === "unauthenticated") shown = "";
  }
  if (shown === undefined) return undefined;
  return new DialError(`the port expects TLS${shown}, but the connection has none`, {
    endpoint,
    step: "tls",
    code: "config",
    hint: NEEDS_TLS,
  });
}
