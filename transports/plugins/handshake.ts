/**
 * How an executable plugin begins on its stdout. With handshake `line` one line of text:
 *
 *     fairlead-transport/1 ok {"authority":"…","peer":"…","secure":false}
 *     fairlead-transport/1 error {"code":"unreachable","message":"…","hint":"…","retryable":true}
 *
 * and the daemon's bytes behind it; with `none` those at once.
 */
import type { ByteStream } from "../byte_stream.ts";
import type { DialErrorCode } from "../errors.ts";
import { plain } from "./child.ts";

/** The longest line, in bytes. */
const LINE_BYTES = 4096;
/** Of what is no handshake so much is shown. */
const SHOWN_BYTES = 200;

/** What a plugin that is connected tells. */
export interface Greeting {
  readonly authority?: string;
  readonly peer?: string;
  readonly secure: boolean;
}

/** What a plugin that could not connect tells. */
export interface Refusal {
  readonly code: DialErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
}

/** What came before the daemon's bytes. */
export type Beginning =
  | { readonly kind: "ok"; readonly greeting: Greeting; readonly rest: Uint8Array }
  | { readonly kind: "error"; readonly refusal: Refusal }
  /** stdout ended before anything came. */
  | { readonly kind: "silence" }
  /** Something else; the problem is the end of a sentence that begins with the plugin. */
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

/** A line that is a handshake; undefined for any other. */
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
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(json!) as Record<string, unknown>;
  } catch {
    return undefined;
  }
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

/** A code that a plugin gave; one that we don't know counts as `internal`. */
export function dialErrorCode(code: unknown): DialErrorCode {
  return CODES.has(code) ? code as DialErrorCode : "internal";
}

function noise(bytes: Uint8Array): Beginning {
  return { kind: "noise", problem: `wrote ${shown(bytes)} where its handshake line should be` };
}

/**
 * What the first bytes of a daemon are instead, as the end of a sentence; undefined where they may be
 * its. HTTP/2 begins with the length of a SETTINGS frame (RFC 9113 §3.4), whose first byte is 0; TLS
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

/** The stream, with bytes before it that were read too far. */
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
