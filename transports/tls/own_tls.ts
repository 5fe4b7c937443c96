/**
 * TLS by the runtime itself, where the transport supports it. As always, only the authorities in
 * `cacert` count. `tls.ts` handles unsupported cases, and explains failed handshakes.
 */
import { endsOf } from "./certificate.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import { within } from "../../base/async.ts";
import type { Connection, DialContext, OwnTls, Transport } from "../transport.ts";
import type { TlsOptions } from "../dial.ts";
import { connectTls } from "./tls_connect.ts";
import type { TlsFiles } from "./tls_files.ts";

/** The time, in ms, that a failed write waits for a last message of the far side. */
const LAST_WORDS = 250;

/** The TLS options' contents as PEM, unchecked. */
interface OwnTexts {
  /** The authorities; absent: the system's. */
  readonly ca?: string | undefined;
  /** The client's certificate; `cert` and `key` come together. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The parameters of a TLS dial. */
interface OwnDial {
  /** The redacted endpoint, for errors. */
  readonly endpoint: string;
  /**
   * The name or address that the far side's certificate must carry; empty where the endpoint has
   * none.
   */
  readonly host: string;
  /** The protocol inside TLS (ALPN), where that is not `h2`. */
  readonly protocol?: string;
  /** The unchecked files; undefined where one can't be read. */
  readonly texts: OwnTexts | undefined;
  /** Loads and checks the files. Throws a `DialError` that says what is wrong. */
  readonly load: () => Promise<TlsFiles>;
  /** Opens the connection, as `connectTls` does. */
  readonly open: (tls: OwnTls) => Promise<Connection | undefined>;
}

/** Dials; returns undefined where node's TLS must be used. Throws as `dialEndpoint` does. */
export async function dialOwnTls(
  transport: Transport,
  spec: unknown,
  tls: TlsOptions,
  context: DialContext,
): Promise<Connection | undefined> {
  const endpoint = transport.describe(spec);
  return await overOwnTls({
    endpoint,
    host: tls.servername || transport.host(spec).name,
    texts: textsOf(tls),
    load: async () => await (await import("./tls_files.ts")).loadTls(tls, endpoint, context),
    open: (own) => connectTls(transport.tcp!(spec), endpoint, own, context),
  }, context);
}

/** Opens a connection by the runtime's TLS; returns undefined where node's TLS must be used. */
export async function overOwnTls(
  { endpoint, host, protocol, texts, load, open }: OwnDial,
  context: DialContext,
): Promise<Connection | undefined> {
  const name = host.replace(/\.$/, "");
  if (name === "" || texts === undefined) return undefined;
  const parts = texts.ca === undefined ? await load() : partsOf(texts);
  if (parts === undefined) return undefined;
  const { roots, client } = parts;

  let connection: Connection | undefined;
  try {
    connection = await open({
      roots,
      name,
      ...client !== undefined && { client },
      ...protocol !== undefined && { protocol },
    });
  } catch (error) {
    // An error in the files is reported before an unreachable daemon.
    if (!context.signal.aborted) await load();
    throw error;
  }
  if (connection === undefined) {
    context.log(`${endpoint}: the runtime's TLS failed, so node's TLS is tried`);
    return undefined;
  }
  const stream = explaining(connection.stream, async (error) => {
    const files = await load();
    const { explainTlsError } = await import("./tls_errors.ts");
    const { problem, code, hint } = explainTlsError(error, name, files, new Uint8Array());
    return new DialError(problem, { endpoint, step: "tls", code, hint, cause: error });
  });
  return { ...connection, stream, authority: host };
}

/** Reads the files; returns undefined where one can't be read. */
export function textsOf({ cacert, cert, key }: TlsOptions): OwnTexts | undefined {
  const read = (path?: string) => path === undefined ? undefined : Deno.readTextFileSync(path);
  try {
    return { ca: read(cacert), cert: read(cert), key: read(key) };
  } catch {
    return undefined;
  }
}

/**
 * Checks dates that TLS itself doesn't check: at least one authority and the client's certificate
 * must not have expired. Returns undefined otherwise.
 */
function partsOf({ ca, cert, key }: OwnTexts): Omit<OwnTls, "name"> | undefined {
  const now = Date.now();
  try {
    if (!endsOf(ca!).some((end) => end > now)) return undefined;
    if (cert === undefined && key === undefined) return { roots: [ca!] };
    if (cert === undefined || key === undefined || !(endsOf(cert)[0]! > now)) return undefined;
    return { roots: [ca!], client: { cert, key } };
  } catch {
    return undefined;
  }
}

/**
 * With TLS 1.3 a daemon judges the client's certificate after the handshake. The next read or write
 * then fails with its alert, and throws the error that `explain` makes of it.
 */
function explaining(below: ByteStream, explain: (alert: unknown) => Promise<unknown>): ByteStream {
  let reading: Promise<number | null> | undefined;
  /** The byte that a failed write has read, which the next read returns. */
  const ahead = new Uint8Array(1);
  let comes: Promise<number | null> | undefined;
  let explained: Promise<unknown> | undefined;

  const replaced = (error: unknown) =>
    isAlert(error) ? explained ??= explain(error).catch((instead) => instead) : error;

  /** Returns the alert that the far side sent before it hung up; else the write's error. */
  async function lastWords(error: unknown): Promise<unknown> {
    if (isAlert(error)) return error;
    let said: unknown;
    const heard = (reading ?? (comes ??= below.read(ahead))).catch((alert) => said = alert);
    await within(heard, LAST_WORDS);
    return isAlert(said) ? said : error;
  }

  async function readOn(into: Uint8Array): Promise<number | null> {
    if (comes === undefined) return await below.read(into);
    const count = await comes;
    comes = undefined;
    if (count !== null) into.set(ahead);
    return count;
  }

  return {
    ...below,
    async read(into) {
      try {
        return await (reading = readOn(into));
      } catch (error) {
        throw await replaced(error);
      } finally {
        reading = undefined;
      }
    },
    async write(from) {
      try {
        return await below.write(from);
      } catch (error) {
        throw await replaced(await lastWords(error));
      }
    },
  };
}

function isAlert(error: unknown): boolean {
  return error instanceof Error && error.message.includes("received fatal alert: ");
}
