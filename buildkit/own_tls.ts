/**
 * TLS by the runtime itself, where the transport has it: `cacert`'s authorities count and no others,
 * as ever. What it can't do, and why a handshake failed, is left to `tls.ts`.
 */
import { endsOf } from "../transports/_der.ts";
import type { ByteStream } from "../transports/byte_stream.ts";
import { DialError } from "../transports/errors.ts";
import { within } from "../transports/timer.ts";
import type { Connection, DialContext, OwnTls, Transport } from "../transports/transport.ts";
import type { TlsOptions } from "./dial.ts";

/** Milliseconds that a failed write waits for what the far side may have said before it hung up. */
const LAST_WORDS = 250;

/**
 * Dials, or gives undefined where that is another's business. Throws as `dialEndpoint` does.
 */
export async function dialOwnTls(
  transport: Transport,
  spec: unknown,
  tls: TlsOptions,
  context: DialContext,
): Promise<Connection | undefined> {
  const endpoint = transport.describe(spec);
  const host = tls.servername || transport.host(spec).name;
  const name = host.replace(/\.$/, "");
  const files = name === "" ? undefined : await filesOf(tls, endpoint, context);
  if (files === undefined) return undefined;

  let connection: Connection | undefined;
  try {
    connection = await transport.dialTls!(spec, { ...files, name }, context);
  } catch (error) {
    // Wrong files are told of before a daemon that isn't there.
    if (!context.signal.aborted) await loadTls(tls, endpoint, context);
    throw error;
  }
  if (connection === undefined) return undefined;
  const stream = explaining(connection.stream, async (error) => {
    const files = await loadTls(tls, endpoint, context);
    const { explainTlsError } = await import("./tls_errors.ts");
    const { problem, code, hint } = explainTlsError(error, name, files, new Uint8Array());
    return new DialError(problem, { endpoint, step: "tls", code, hint, cause: error });
  });
  return { ...connection, stream, authority: host };
}

/**
 * The files' texts, unchecked but for what TLS itself wouldn't refuse: authorities of the past, and
 * a certificate of ours that has expired. Undefined where something is amiss.
 */
async function filesOf(
  tls: TlsOptions,
  endpoint: string,
  context: DialContext,
): Promise<Omit<OwnTls, "name"> | undefined> {
  const { cacert, cert, key } = tls;
  if (cacert === undefined) return await loadTls(tls, endpoint, context);
  if ((cert === undefined) !== (key === undefined)) return undefined;
  try {
    const ca = await Deno.readTextFile(cacert);
    const now = Date.now();
    if (!endsOf(ca).some((end) => end > now)) return undefined;
    if (cert === undefined) return { roots: [ca] };
    const client = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key!) };
    return endsOf(client.cert)[0]! > now ? { roots: [ca], client } : undefined;
  } catch {
    return undefined;
  }
}

async function loadTls(tls: TlsOptions, endpoint: string, context: DialContext) {
  return await (await import("./tls_files.ts")).loadTls(tls, endpoint, context);
}

/**
 * With TLS 1.3 a daemon judges our certificate after the handshake: its alert is met by whatever is
 * read or written next, and becomes the error that `explain` makes of it.
 */
function explaining(below: ByteStream, explain: (alert: unknown) => Promise<unknown>): ByteStream {
  let reading: Promise<number | null> | undefined;
  let explained: Promise<unknown> | undefined;

  const told = (error: unknown) =>
    isAlert(error) ? explained ??= explain(error).catch((instead) => instead) : error;

  /** What the far side said before it hung up, if it did; else the error that a write met. */
  async function lastWords(error: unknown): Promise<unknown> {
    if (isAlert(error)) return error;
    let said: unknown;
    const heard = (reading ?? below.read(new Uint8Array(1))).catch((alert) => said = alert);
    await within(heard, LAST_WORDS);
    return isAlert(said) ? said : error;
  }

  return {
    ...below,
    async read(into) {
      try {
        return await (reading = below.read(into));
      } catch (error) {
        throw await told(error);
      } finally {
        reading = undefined;
      }
    },
    async write(from) {
      try {
        return await below.write(from);
      } catch (error) {
        throw await told(await lastWords(error));
      }
    },
  };
}

function isAlert(error: unknown): boolean {
  return error instanceof Error && error.message.includes("received fatal alert: ");
}
