/**
 * An ecdsa key as Deno's crypto takes it. ssh2 makes a SEC1 key (RFC 5915 §3) of an OpenSSH one, and
 * copies the private number with the leading zero that OpenSSH writes before every other one, or
 * without those that belong there; the number must have the length of the curve's order.
 */
import { opensshKey } from "./openssh_key.ts";
import type { Ssh2, SshKey } from "./ssh2.ts";
import { stringsIn } from "./wire.ts";

const ORDER_BYTES: Readonly<Record<string, number>> = { nistp256: 32, nistp384: 48, nistp521: 66 };

/**
 * A key in OpenSSH's format, but for its number, which has full length.
 * @param curve `nistp256`, …
 * @param point the public half: 4, x, y
 */
export function ecdsaKey(curve: string, point: Iterable<number>, number: Uint8Array): string {
  const size = ORDER_BYTES[curve];
  if (size === undefined) throw new Error(`keys of the curve ${curve} are not taken`);
  const padded = new Uint8Array(size);
  const used = number.subarray(Math.max(0, number.length - size));
  padded.set(used, size - used.length);
  const names = [`ecdsa-sha2-${curve}`, curve].map((name) => new TextEncoder().encode(name));
  return opensshKey([...names, Uint8Array.from(point)], padded);
}

/** The same key with its number at full length. */
export function wholeKey(ssh2: Ssh2, key: SshKey): SshKey {
  if (!key.type.startsWith("ecdsa-sha2-")) return key;
  const pem = /-----BEGIN EC PRIVATE KEY-----([^-]*)-----END/.exec(key.getPrivatePEM() ?? "");
  if (pem === null) return key;
  const der = Uint8Array.fromBase64(pem[1]!.replace(/\s/g, ""));
  // SEQUENCE { INTEGER 1, OCTET STRING number, … }, the sequence's length in one byte or in more.
  const start = 2 + (der[1]! < 0x80 ? 0 : der[1]! & 0x7f) + 3;
  const number = der.subarray(start + 2, start + 2 + der[start + 1]!);
  const [, , point] = stringsIn(key.getPublicSSH());
  const whole = ssh2.utils.parseKey(ecdsaKey(key.type.slice(11), point!, number));
  return whole instanceof Error ? key : Array.isArray(whole) ? whole[0] ?? key : whole;
}
