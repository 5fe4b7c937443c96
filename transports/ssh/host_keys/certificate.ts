/**
 * Certificates (OpenSSH's PROTOCOL.certkeys). A host's key is signed by an authority that
 * known_hosts names in a line of `@cert-authority`. A user's key is signed by an authority that the
 * server trusts.
 *
 *     string   TYPE-cert-v01@openssh.com
 *     string   nonce
 *     …        the public key's own fields: one string for ed25519, two for ecdsa and rsa
 *     uint64   serial
 *     uint32   1: a user's, 2: a host's
 *     string   key id
 *     string   principals, a string each
 *     uint64   valid from, uint64 valid until, in seconds
 *     string   critical options, string extensions, string reserved
 *     string   the authority's key
 *     string   its signature of all the bytes above
 */
import { matchesPatterns } from "../config/patterns.ts";
import { stringsIn, stringsOf, WireReader } from "../keys/wire.ts";

const SUFFIX = "-cert-v01@openssh.com";
/** Key types whose certificates are read, with the number of strings in their public keys. */
const FIELDS: Readonly<Record<string, number>> = {
  "ssh-rsa": 2,
  "ssh-ed25519": 1,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
};
const HOST = 2;

/** The algorithms of host keys that fairlead offers, by preference. */
export const keyAlgorithms: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** The algorithms of host certificates that fairlead offers, by preference. */
export const certificateAlgorithms = keyAlgorithms.map((type) => type + SUFFIX);

/** The contents of a certificate. */
export interface SshCertificate {
  /** The type of the certificate's key: `ssh-ed25519`. */
  readonly type: string;
  /** The certificate's key as a plain public key. */
  readonly key: Uint8Array;
  readonly serial: bigint;
  readonly id: string;
  readonly isHosts: boolean;
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly from: bigint;
  readonly until: bigint;
  /** True when the certificate has critical options; none are defined for hosts. */
  readonly critical: boolean;
  readonly authority: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether keys of a type can log in; fairlead supports neither DSA nor types newer than itself. */
export function isKeyType(type: string): boolean {
  return type in FIELDS;
}

/** Whether a key type is that of a certificate. */
export function isCertificate(type: string): boolean {
  return type.endsWith(SUFFIX);
}

/** Parses a certificate; returns undefined for other bytes and for unsupported types. */
export function parseCertificate(blob: Uint8Array): SshCertificate | undefined {
  const reader = new WireReader(blob);
  const text = (part: Uint8Array) => new TextDecoder().decode(part);
  try {
    const name = reader.text();
    const type = name.slice(0, -SUFFIX.length);
    const fields = FIELDS[type];
    if (!isCertificate(name) || fields === undefined) return undefined;
    reader.string(); // the nonce
    const contents = {
      type,
      key: stringsOf([type, ...Array.from({ length: fields }, () => reader.string())]),
      serial: reader.uint64(),
      isHosts: reader.uint32() === HOST,
      id: reader.text(),
      principals: stringsIn(reader.string()).map(text),
      from: reader.uint64(),
      until: reader.uint64(),
      critical: reader.string().length > 0,
    };
    reader.string(); // extensions
    reader.string(); // reserved
    const authority = reader.string();
    const signed = blob.subarray(0, reader.at);
    return { ...contents, authority, signed, signature: reader.string() };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The algorithm under which a user's certificate is offered, never one with SHA-1. */
export function loginAlgorithm({ type }: Pick<SshCertificate, "type">): string {
  return (type === "ssh-rsa" ? "rsa-sha2-512" : type) + SUFFIX;
}

/** The reason why a server may refuse a user's certificate, in brackets; empty without a reason. */
export function userCertificateNote(
  certificate: SshCertificate,
  user: string,
  now: number,
): string {
  const { isHosts, from, until, principals } = certificate;
  const seconds = BigInt(Math.floor(now / 1000));
  const note = isHosts
    ? "a host's"
    : seconds < from
    ? `not valid before ${date(from)}`
    : seconds >= until
    ? `expired on ${date(until)}`
    : principals.length > 0 && !principals.includes(user)
    ? `for ${principals.join(", ")}`
    : "";
  return note && ` (${note})`;
}

/**
 * The reason why a certificate is bad for this host, apart from its signature; undefined for a good
 * one.
 */
export function certificateFault(
  certificate: SshCertificate,
  host: string,
  now: number,
): string | undefined {
  const { isHosts, critical, principals, from, until } = certificate;
  const seconds = BigInt(Math.floor(now / 1000));
  if (!isHosts) return "it is a user's, not a host's";
  if (critical) return "it has conditions that fairlead doesn't support";
  if (seconds < from) return `it is not valid before ${date(from)}`;
  if (seconds >= until) return `it expired on ${date(until)}`;
  if (!matchesPatterns(host, principals)) {
    return `it is for ${principals.join(", ") || "no host by name"}`;
  }
  return undefined;
}

/** Parses a signature. ECDSA's bytes are in DER, as node's crypto expects them. */
export function parseSignature(blob: Uint8Array): { algorithm: string; bytes: Uint8Array } {
  const [name = new Uint8Array(), body = new Uint8Array()] = stringsIn(blob);
  const algorithm = new TextDecoder().decode(name);
  if (!algorithm.startsWith("ecdsa-")) return { algorithm, bytes: body };
  const integers = stringsIn(body).flatMap((part) => [2, part.length, ...part]);
  const length = integers.length < 128 ? [integers.length] : [0x81, integers.length];
  return { algorithm, bytes: Uint8Array.from([0x30, ...length, ...integers]) };
}

function date(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
}
