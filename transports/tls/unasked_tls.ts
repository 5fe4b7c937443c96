/**
 * A port that expects TLS mostly hangs up on who speaks HTTP/2 to it, without a word (Go's TLS, and so
 * buildkitd, does). So when that is all that came, it is asked once more, in TLS.
 */
import type { ByteStream } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import type { Connection, DialContext, Transport } from "../transport.ts";
import { NEEDS_TLS } from "../first_bytes.ts";

/** Milliseconds for the question: the answer to the first one waits for it. */
const LIMIT = 1000;

/** The same connection, whose first read says so where the far side wants TLS. */
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
 * @param reason why it was hung up on us: asked when the first read comes to an end, or breaks. Its
 *   error, if it has one, becomes the read's, and that of a write which breaks meanwhile
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
    // From now on nothing stands between.
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

/** The error to tell when a TLS handshake is answered there; else undefined. */
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
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(LIMIT)]),
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
    // An alert is TLS, too.
    if (shown === undefined && error.step === "tls" && error.code === "unauthenticated") shown = "";
  }
  if (shown === undefined) return undefined;
  return new DialError(`the port expects TLS${shown}, and was addressed without`, {
    endpoint,
    step: "tls",
    code: "config",
    hint: NEEDS_TLS,
  });
}
