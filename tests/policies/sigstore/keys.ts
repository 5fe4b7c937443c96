/** Keys of a Sigstore instance that tests make: ECDSA on P-256. */
import { type Der, derValues } from "../../../base/der.ts";
import { type Keys, makeKeys, signature } from "../../../commands/certs/keys.ts";

export type { Keys } from "../../../commands/certs/keys.ts";

export const newKeys = (): Promise<Keys> => makeKeys("ecdsa");

/** An ECDSA signature in ASN.1. */
export async function sign(keys: Keys, bytes: Uint8Array): Promise<Der> {
  const [bits] = derValues(await signature(keys, new Uint8Array(bytes)));
  return new Uint8Array(bits!.content.subarray(1));
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
}

/** The id of a log: the SHA-256 of its public key. */
export const logId = ({ publicKey }: Keys): Promise<Uint8Array> => sha256(publicKey);

/** A number, most significant byte first. */
export function bigEndian(number: number | bigint, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let rest = BigInt(number);
  for (let at = size - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}
