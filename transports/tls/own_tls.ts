/**
 * TLS by the runtime itself, where the transport has it: `cacert`'s authorities count and no others,
 * as ever. What it can't do, and why a handshake failed, is left to `tls.ts`.
 */
import { endsOf } from "./certificate.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import { within } from "../../base/async.ts";
import type { Connection, DialContext, OwnTls, Transport } from "../transport.ts";
import type { TlsOptions } from "../dial.ts";
import type { TlsFiles } from "./tls_files.ts";

/** Milliseconds that a failed write waits for what the far side may have said before it hung up. */
const LAST_WORDS = 250;

/** The parts of TLS as PEM, unchecked. */
export interface OwnTexts {
  /** Absent: the system's. */
  readonly ca?: string | undefined;
  /** They come together. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A far side, and what it is shown. */
export interface OwnDial {
  /** For errors, redacted. */
  readonly endpoint: string;
  /** The name or address that the far side's certificate must carry; empty: there is none. */
  readonly host: string;
  /** What is spoken inside (ALPN), where that is not `h2`. */
  readonly protocol?: string;
  /** Undefined where they can't be read. */
  readonly texts: OwnTexts | undefined;
  /** The same, checked. Throws a `DialError` that says what is wrong. */
  readonly load: () => Promise<TlsFiles>;
  /** See `Transport.dialTls`. */
  readonly open: (tls: OwnTls) => Promise<Connection | undefined>;
}

/** Dials, or gives undefined where that is another's business. Throws as `dialEndpoint` does. */
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
    texts: await textsOf(tls),
    load: async () => await (await import("./tls_files.ts")).loadTls(tls, endpoint, context),
    open: (own) => transport.dialTls!(spec, own, context),
  }, context);
}

/** Opens a connection by the runtime's TLS; undefined where node's has to do it. */
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
    // Wrong files are told of before a daemon that isn't there.
    if (!context.signal.aborted) await load();
    throw error;
  }
  if (connection === undefined) {
    context.log(`${endpoint}: the runtime's TLS didn't do, so node's is tried`);
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

/** Reads the files; undefined where one can't be read. */
export async function textsOf({ cacert, cert, key }: TlsOptions): Promise<OwnTexts | undefined> {
  const read = (path: string | undefined) => path === undefined ? path : Deno.readTextFile(path);
  try {
    return { ca: await read(cacert), cert: await read(cert), key: await read(key) };
  } catch {
    return undefined;
  }
}

/**
 * Looks at what TLS itself wouldn't refuse: authorities of the past, and a certificate of ours that
 * has expired. Undefined where something is amiss.
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
 * With TLS 1.3 a daemon judges our certificate after the handshake: its alert is met by whatever is
 * read or written next, and becomes the error that `explain` makes of it.
 */
function explaining(below: ByteStream, explain: (alert: unknown) => Promise<unknown>): ByteStream {
  let reading: Promise<number | null> | undefined;
  /** What a write has read, which the next read gives. */
  const ahead = new Uint8Array(1);
  let comes: Promise<number | null> | undefined;
  let explained: Promise<unknown> | undefined;

  const told = (error: unknown) =>
    isAlert(error) ? explained ??= explain(error).catch((instead) => instead) : error;

  /** What the far side said before it hung up, if it did; else the error that a write met. */
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
