/**
 * Reads the beginning of an executable plugin's stdout. With handshake `line`, it is one line:
 *
 *     fairlead-transport/1 ok {"authority":"…","peer":"…","secure":false}
 *     fairlead-transport/1 error {"code":"unreachable","message":"…","hint":"…","retryable":true}
 *
 * The daemon's bytes follow. With handshake `none`, stdout begins with the daemon's bytes.
 */
import { maybe } from "../../base/maybe.ts";
import type { ByteStream } from "../byte_stream.ts";
import type { DialErrorCode } from "../errors.ts";
import { plain } from "../net/process.ts";

/** The longest line, in bytes. */
const LINE_BYTES = 4096;
/** How much of an invalid handshake the error shows, in bytes. */
const SHOWN_BYTES = 200;

/** The JSON of an `ok` line. */
interface Greeting {
  readonly authority?: string;
  readonly peer?: string;
  readonly secure: boolean;
}

/** The JSON of an `error` line. */
interface Refusal {
  readonly code: DialErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
}

/** The beginning of stdout, before the daemon's bytes. */
export type Beginning =
  | { readonly kind: "ok"; readonly greeting: Greeting; readonly rest: Uint8Array }
  | { readonly kind: "error"; readonly refusal: Refusal }
  /** Stdout ended before its first byte. */
  | { readonly kind: "silence" }
  /** Stdout began with other bytes; `problem` continues the sentence "the plugin PATH …". */
  | { readonly kind: "noise"; readonly problem: string };

/** Reads the first line. Rejects as the stream's `read` does. */
export async function readHandshake(stream: ByteStream): Promise<Beginning> {
  const bytes = new Uint8Array(LINE_BYTES);
  let size = 0;
  for (;;) {
    const count = await stream.read(bytes.subarray(size));
    if (count === null) return size === 0 ? { kind: "silence" } : noise(bytes.subarray(0, size));
    const end = bytes.subarray(size, size + count).indexOf(10);
    if (end >= 0) {
      const line = new TextDecoder().decode(bytes.subarray(0, size + end)).replace(/\r$/, "");
      return parseLine(line, bytes.slice(size + end + 1, size + count)) ??
        noise(bytes.subarray(0, size + count));
    }
    size += count;
    if (size === LINE_BYTES) return noise(bytes);
  }
}

/** Reads a handshake line; undefined for any other line. */
function parseLine(line: string, rest: Uint8Array): Beginning | undefined {
  const [, version, word, json] = /^fairlead-transport\/(\d+) (ok|error) (\{.*\})$/.exec(line) ??
    [];
  if (version === undefined) return undefined;
  if (version !== "1") {
    return {
      kind: "noise",
      problem: `answered in protocol ${version}, though it was asked in protocol 1`,
    };
  }
  const value = maybe(() => JSON.parse(json!) as Record<string, unknown>);
  if (value === undefined) return undefined;
  const text = (key: string) => typeof value[key] === "string" ? plain(value[key]) : undefined;
  if (word === "ok") {
    const [authority, peer] = [text("authority"), text("peer")];
    return {
      kind: "ok",
      greeting: {
        secure: value.secure === true,
        ...authority && { authority },
        ...peer && { peer },
      },
      rest,
    };
  }
  const hint = text("hint");
  return {
    kind: "error",
    refusal: {
      code: dialErrorCode(value.code),
      message: text("message") || "the plugin gave no reason",
      ...hint && { hint },
      retryable: value.retryable === true,
    },
  };
}

const CODES: ReadonlySet<unknown> = new Set<DialErrorCode>([
  "config",
  "unauthenticated",
  "denied",
  "not-found",
  "unreachable",
  "timeout",
  "unsupported",
  "internal",
]);

/** Checks a plugin's error code; an unknown code counts as `internal`. */
export function dialErrorCode(code: unknown): DialErrorCode {
  return CODES.has(code) ? code as DialErrorCode : "internal";
}

function noise(bytes: Uint8Array): Beginning {
  return { kind: "noise", problem: `wrote ${shown(bytes)} where its handshake line should be` };
}

/**
 * Explains first bytes that can't be a daemon's, as the end of a sentence; else undefined. HTTP/2
 * begins with the length of a SETTINGS frame (RFC 9113 §3.4), whose first byte is 0. TLS begins
 * with a record of a handshake (22) or an alert (21).
 */
export function explainNoise(bytes: Uint8Array): string | undefined {
  if ([0, 21, 22].includes(bytes[0] ?? 0)) return undefined;
  return `wrote ${shown(bytes)} where the daemon's bytes should begin`;
}

function shown(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, SHOWN_BYTES));
  return `the text ${JSON.stringify(plain(text))}`;
}

/** Puts bytes that were read too far back before the stream. */
export function withRest(rest: Uint8Array, stream: ByteStream): ByteStream {
  let waiting = rest;
  return {
    ...stream,
    read(into) {
      if (waiting.length === 0) return stream.read(into);
      const part = waiting.subarray(0, into.length);
      into.set(part);
      waiting = waiting.subarray(part.length);
      return Promise.resolve(part.length);
    },
    close() {
      waiting = new Uint8Array();
      stream.close();
    },
  };
}
