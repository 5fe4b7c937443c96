/**
 * `RevokedHostKeys`: public keys, one a line, or a list as `ssh-keygen -k` makes it (OpenSSH's
 * PROTOCOL.krl):
 *
 *     uint64   "SSHKRL\n\0"
 *     uint32   1, uint64 version, uint64 date, uint64 flags, string reserved, string comment
 *     sections, each: byte type, string data:
 *       1  certificates: string authority (empty: any), string reserved, then pairs as above:
 *            0x20 serials, 0x21 the first and the last of some, 0x22 the first and a bitmap (mpint)
 *            0x23 key ids
 *       2  keys   3  SHA-1 of keys   4  a signature, obsolete   5  SHA-256 of keys
 */
import { maybe } from "../../../base/maybe.ts";
import { parseCertificate, type SshCertificate } from "./certificate.ts";
import { stringsIn, WireReader } from "../keys/wire.ts";
import { sameBytes } from "../../../base/bytes.ts";

const MAGIC = new TextEncoder().encode("SSHKRL\n\0");

/**
 * Whether a file revokes a host's key, its certificate, or the authority of that certificate.
 * Throws for a list that can't be read, because then no host may be trusted.
 */
export async function isRevoked(shown: Uint8Array, list: Uint8Array): Promise<boolean> {
  const certificate = parseCertificate(shown);
  const keys = certificate === undefined ? [shown] : [certificate.key, certificate.authority];
  if (!sameBytes(list.subarray(0, MAGIC.length), MAGIC)) {
    const revoked = keysIn(new TextDecoder().decode(list));
    return revoked.some((one) => keys.some((key) => sameBytes(key, parseKey(one))));
  }
  for (const [type, data] of sectionsOf(list)) {
    switch (type) {
      case 1:
        if (certificate !== undefined && revokesCertificate(data, certificate)) return true;
        break;
      case 2:
        if (stringsIn(data).some((one) => keys.some((key) => sameBytes(key, one)))) return true;
        break;
      case 3:
      case 5:
        for (const key of keys) {
          const digest = await crypto.subtle.digest(type === 3 ? "SHA-1" : "SHA-256", key.slice());
          if (stringsIn(data).some((one) => sameBytes(one, new Uint8Array(digest)))) return true;
        }
        break;
      case 4:
        break;
      default:
        throw new Error(`a section of type ${type} is not known`);
    }
  }
  return false;
}

/** The key in a certificate, else the key itself. */
function parseKey(blob: Uint8Array): Uint8Array {
  return parseCertificate(blob)?.key ?? blob;
}

function keysIn(text: string): Uint8Array[] {
  return text.split("\n").flatMap((line) => {
    const base64 = /^\s*[a-z0-9@.-]+\s+(\S+)/.exec(line)?.[1];
    return maybe(() => base64 === undefined ? [] : [Uint8Array.fromBase64(base64)]) ?? [];
  });
}

function sectionsOf(list: Uint8Array): [number, Uint8Array][] {
  const reader = new WireReader(list.subarray(MAGIC.length));
  const format = reader.uint32();
  if (format !== 1) throw new Error(`its format ${format} is not known`);
  reader.take(24); // the version, the date and the flags
  reader.string(); // reserved
  reader.string(); // a comment
  return typedIn(reader);
}

function revokesCertificate(data: Uint8Array, { authority, serial, id }: SshCertificate): boolean {
  const reader = new WireReader(data);
  const signer = reader.string();
  reader.string(); // reserved
  if (signer.length > 0 && !sameBytes(signer, authority)) return false;
  return typedIn(reader).some(([type, part]) => {
    const numbers = new WireReader(part);
    switch (type) {
      case 0x20:
        while (numbers.left > 0) if (numbers.uint64() === serial) return true;
        return false;
      case 0x21:
        return serial >= numbers.uint64() && serial <= numbers.uint64();
      case 0x22: {
        const bit = serial - numbers.uint64();
        const bitmap = numbers.string();
        if (bit < 0n || bit >= BigInt(bitmap.length) * 8n) return false;
        return (bitmap.at(-1 - Number(bit >> 3n))! >> Number(bit & 7n) & 1) === 1;
      }
      case 0x23:
        return stringsIn(part).some((one) => new TextDecoder().decode(one) === id);
      default:
        throw new Error(`certificates revoked by ${type} are not known`);
    }
  });
}

/** Reads pairs of a type byte and a string. */
function typedIn(reader: WireReader): [number, Uint8Array][] {
  const found: [number, Uint8Array][] = [];
  while (reader.left > 0) found.push([reader.byte(), reader.string()]);
  return found;
}
