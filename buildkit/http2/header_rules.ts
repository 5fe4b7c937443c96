/**
 * The rules of RFC 9113 §8.2 and §8.3 for a header list; a list that breaks one is "malformed", a
 * stream error. Each check returns what is wrong, or undefined.
 */
import type { Header } from "./hpack.ts";

/** Any octet that a name may not hold; a leading colon has been removed. */
const BAD_NAME = /[^\x21-\x39\x3b-\x40\x5b-\x7e]/;
/**
 * Any octet that a value may not hold. RFC 9113 §8.2.1 forbids spaces at its ends as well, but gRPC
 * sends them: an error's message may end with one, and must not be lost.
 */
// deno-lint-ignore no-control-regex
const BAD_VALUE = /[\x00\n\r]/;
/** Fields that concern an HTTP/1.1 connection. */
const CONNECTION_FIELDS = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);
const REQUEST_PSEUDO = [":method", ":scheme", ":authority", ":path", ":protocol"];
const RESPONSE_PSEUDO = [":status"];

function check(list: readonly Header[], pseudo: readonly string[]): string | undefined {
  const seen = new Set<string>();
  let regular = false;
  for (const [name, value] of list) {
    if (name.startsWith(":")) {
      if (regular) return `${name} after the regular fields`;
      if (!pseudo.includes(name)) return `${name} has no place here`;
      if (seen.has(name)) return `${name} stands there twice`;
      seen.add(name);
    } else {
      regular = true;
      if (name === "" || BAD_NAME.test(name)) return `${JSON.stringify(name)} is not a field name`;
      if (CONNECTION_FIELDS.has(name)) return `${name} has no place in HTTP/2`;
      if (name === "te" && value !== "trailers") return "te may only say trailers";
    }
    if (BAD_VALUE.test(value)) return `the value of ${name} holds what no value may`;
  }
  return undefined;
}

/** RFC 9113 §8.3.1. */
export function checkRequest(list: readonly Header[]): string | undefined {
  const wrong = check(list, REQUEST_PSEUDO);
  if (wrong !== undefined) return wrong;
  const method = valueOf(list, ":method");
  if (method === undefined) return ":method is missing";
  if (method === "CONNECT" && valueOf(list, ":protocol") === undefined) {
    return valueOf(list, ":authority") === undefined ? ":authority is missing" : undefined;
  }
  if (!valueOf(list, ":scheme")) return ":scheme is missing";
  return valueOf(list, ":path") ? undefined : ":path is missing";
}

/** RFC 9113 §8.3.2. */
export function checkResponse(list: readonly Header[]): string | undefined {
  const wrong = check(list, RESPONSE_PSEUDO);
  if (wrong !== undefined) return wrong;
  return /^[1-9]\d\d$/.test(valueOf(list, ":status") ?? "") ? undefined : ":status is missing";
}

/** RFC 9113 §8.1: trailers hold no pseudo fields. */
export function checkTrailers(list: readonly Header[]): string | undefined {
  return check(list, []);
}

/** The first value of a name. */
export function valueOf(list: readonly Header[], name: string): string | undefined {
  return list.find((header) => header[0] === name)?.[1];
}

/** The value of content-length: -1 when absent, NaN when it is no number or two that differ. */
export function contentLength(list: readonly Header[]): number {
  let length = -1;
  for (const [name, value] of list) {
    if (name !== "content-length") continue;
    const next = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (length !== -1 && length !== next) return NaN;
    length = next;
  }
  return length;
}
