/**
 * Identifies a port by its first bytes. An HTTP/2 server begins with a SETTINGS frame (RFC 9113
 * §3.4): three bytes of length, the type 4, no flags, stream 0. Other first bytes show what the
 * port is.
 */
import { maybe } from "../base/maybe.ts";
import type { DialErrorCode } from "./errors.ts";

/** A description of a port that doesn't speak HTTP/2. */
export interface Misfit {
  readonly code: DialErrorCode;
  readonly problem: string;
  readonly hint: string;
}

const OWN_PORT = "give the address of the daemon's gRPC listener (buildkitd --addr)";
/** The remedy for a port that expects TLS: the driver options that turn TLS on. */
export const NEEDS_TLS =
  "give the builder --driver-opt cacert=FILE, and cert=FILE,key=FILE if the daemon demands a " +
  "client certificate";

/**
 * Identifies the far side by the first bytes that it sent; none mean that it closed without a word.
 * Returns undefined where the bytes may be HTTP/2.
 *
 * @param tls whether the bytes came through TLS
 */
export function explainFirstBytes(bytes: Uint8Array, tls = false): Misfit | undefined {
  if (bytes.length === 0) {
    return {
      code: "unreachable",
      problem: "the other side closed the connection without an answer",
      hint: tls
        ? "look at the daemon's log: it may have refused the connection"
        : `look at the daemon's log; if its port expects TLS, ${NEEDS_TLS}`,
    };
  }
  if (isHttp2(bytes)) return undefined;
  // TLS records: type (21 alert, 22 handshake), then the version 3.x.
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) {
    return {
      code: "config",
      problem: "the port expects TLS, but the connection has none",
      hint: NEEDS_TLS,
    };
  }
  const text = printable(bytes);
  if (text === undefined) {
    const hex = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
    return other(`the other side does not speak HTTP/2: it began with the bytes ${hex.join(" ")}`);
  }
  const line = JSON.stringify(text.split(/\r?\n/)[0]!.slice(0, 200));
  if (text.startsWith("HTTP/")) {
    const hint = /https|TLS|SSL/i.test(text) ? NEEDS_TLS : OWN_PORT;
    return other(`an HTTP/1.1 server is listening there: it answered ${line}`, hint);
  }
  // A server that takes the preface for a request of HTTP/0.9 answers without a head.
  if (/^\s*<(?:!doctype html|html)/i.test(text)) {
    return other(`an HTTP/1.1 server is listening there: it answered with a page, ${line}`);
  }
  if (text.startsWith("SSH-")) {
    return other(`an SSH server is listening there: it began with ${line}`);
  }
  return other(
    `the other side does not speak HTTP/2: it wrote the text ${line}`,
    `${OWN_PORT}; if a shell or a program relays the connection (ssh, exec), make sure that it ` +
      "prints nothing itself, for example in its start-up files",
  );
}

function other(problem: string, hint = OWN_PORT): Misfit {
  return { code: "unsupported", problem, hint };
}

/**
 * Matches SETTINGS, GOAWAY from a server that refuses connections, and the beginning of such a
 * frame.
 */
function isHttp2(bytes: Uint8Array): boolean {
  if (bytes.length >= 4 && bytes[3] !== 4 && bytes[3] !== 7) return false;
  // HTTP/2 allows no first frame of 64 KiB or more.
  return bytes[0] === 0 && bytes.subarray(4, 9).every((byte) => byte === 0);
}

function printable(bytes: Uint8Array): string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const text = maybe(() => decoder.decode(bytes, { stream: true })) ?? "";
  return text === "" || /[^\P{C}\t\r\n]/u.test(text) ? undefined : text;
}
