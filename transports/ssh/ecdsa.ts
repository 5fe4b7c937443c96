/**
 * An ecdsa key as Deno's crypto takes it. ssh2 makes a SEC1 key (RFC 5915 §3) of an OpenSSH one, and
 * copies the private number with the leading zero that OpenSSH writes before every other one, or
 * without those that belong there; the number must have the length of the curve's order.
 */
import type { Ssh2, SshKey } from "./ssh2.ts";

const ORDER_BYTES: Readonly<Record<string, number>> = {
  "ecdsa-sha2-nistp256": 32,
  "ecdsa-sha2-nistp384": 48,
  "ecdsa-sha2-nistp521": 66,
};

/** The same key with its number at full length. */
export function wholeKey(ssh2: Ssh2, key: SshKey): SshKey {
  const size = ORDER_BYTES[key.type];
  if (size === undefined) return key;
  const pem = /-----BEGIN EC PRIVATE KEY-----([^-]*)-----END/.exec(key.getPrivatePEM() ?? "");
  if (pem === null) return key;
  const der = Uint8Array.fromBase64(pem[1]!.replace(/\s/g, ""));
  // SEQUENCE { INTEGER 1, OCTET STRING number, … }
  const body = contentOf(der, 0);
  const number = contentOf(der, body.start + 3);
  const digits = der.subarray(number.start, number.end);
  const padded = new Uint8Array(size);
  const used = digits.subarray(Math.max(0, digits.length - size));
  padded.set(used, size - used.length);
  const inner = [2, 1, 1, 4, size, ...padded, ...der.subarray(number.end, body.end)];
  const length = inner.length < 128
    ? [inner.length]
    : inner.length < 256
    ? [0x81, inner.length]
    : [0x82, inner.length >> 8, inner.length & 255];
  const base64 = Uint8Array.from([0x30, ...length, ...inner]).toBase64().replace(/.{64}/g, "$&\n");
  const whole = ssh2.utils.parseKey(
    `-----BEGIN EC PRIVATE KEY-----\n${base64}\n-----END EC PRIVATE KEY-----\n`,
  );
  return whole instanceof Error ? key : Array.isArray(whole) ? whole[0] ?? key : whole;
}

/** Where the content of the DER element at `at` begins and ends. */
function contentOf(der: Uint8Array, at: number): { start: number; end: number } {
  const first = der[at + 1]!;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  let length = 0;
  for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + der[at + 2 + i]!;
  const start = at + 2 + (first & 0x7f);
  return { start, end: start + length };
}
