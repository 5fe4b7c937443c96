/**
 * Certificates (OpenSSH's PROTOCOL.certkeys): a host's key, signed by an authority that known_hosts
 * names in a line of `@cert-authority`; or a user's, signed by one that the server trusts.
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
 *     string   its signature of all that stands above
 */
import { matchesPatterns } from "./patterns.ts";
import { stringsIn, stringsOf } from "./wire.ts";

const SUFFIX = "-cert-v01@openssh.com";
/** Key types whose certificates are read, and how many strings their public keys are. */
const FIELDS: Readonly<Record<string, number>> = {
  "ssh-rsa": 2,
  "ssh-ed25519": 1,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
};
const HOST = 2;

/** The names of hosts' keys in the negotiation of a connection, by preference. */
export const keyAlgorithms: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** And of their certificates. */
export const certificateAlgorithms = keyAlgorithms.map((type) => type + SUFFIX);

/** What a certificate says. */
export interface SshCertificate {
  /** Of the key in it: `ssh-ed25519`. */
  readonly type: string;
  /** The key in it, as it would be without a certificate. */
  readonly key: Uint8Array;
  readonly serial: bigint;
  readonly id: string;
  readonly isHosts: boolean;
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly from: bigint;
  readonly until: bigint;
  /** Conditions that must be understood; hosts have none that are defined. */
  readonly critical: boolean;
  readonly authority: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether a host shows a certificate. */
export function isCertificate(type: string): boolean {
  return type.endsWith(SUFFIX);
}

/** Undefined for bytes that are no certificate of a type that is taken. */
export function parseCertificate(blob: Uint8Array): SshCertificate | undefined {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  let at = 0;
  const bytes = () => {
    const start = at + 4;
    const end = start + view.getUint32(at);
    if (end > blob.length) throw new RangeError("it is cut off");
    at = end;
    return blob.subarray(start, end);
  };
  const uint64 = () => view.getBigUint64((at += 8) - 8);
  const text = (part: Uint8Array) => new TextDecoder().decode(part);
  try {
    const name = text(bytes());
    const type = name.slice(0, -SUFFIX.length);
    const fields = FIELDS[type];
    if (!isCertificate(name) || fields === undefined) return undefined;
    bytes();
    const key = [new TextEncoder().encode(type), ...Array.from({ length: fields }, bytes)];
    const serial = uint64();
    const kind = view.getUint32((at += 4) - 4);
    const id = text(bytes());
    const principals = stringsIn(bytes()).map(text);
    const [from, until] = [uint64(), uint64()];
    const critical = bytes().length > 0;
    bytes();
    bytes();
    const authority = bytes();
    const signed = blob.subarray(0, at);
    const signature = bytes();
    const isHosts = kind === HOST;
    return {
      type,
      key: stringsOf(key),
      serial,
      id,
      isHosts,
      principals,
      from,
      until,
      critical,
      authority,
      signed,
      signature,
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The algorithm by which a user's certificate is offered, and its key; SHA-1 is not taken. */
export function loginAlgorithm(
  { type }: Pick<SshCertificate, "type">,
): { name: string; signature: string } {
  const signature = type === "ssh-rsa" ? "rsa-sha2-512" : type;
  return { name: signature + SUFFIX, signature };
}

/** What a server may not like about a user's certificate, in brackets; empty where nothing is seen. */
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

/** What is wrong with a certificate, its signature apart; undefined when it is good for this host. */
export function certificateFault(
  certificate: SshCertificate,
  host: string,
  now: number,
): string | undefined {
  const { isHosts, critical, principals, from, until } = certificate;
  const seconds = BigInt(Math.floor(now / 1000));
  if (!isHosts) return "it is a user's, not a host's";
  if (critical) return "it has conditions that are not known here";
  if (seconds < from) return `it is not valid before ${date(from)}`;
  if (seconds >= until) return `it expired on ${date(until)}`;
  if (!matchesPatterns(host, principals)) {
    return `it is for ${principals.join(", ") || "no host by name"}`;
  }
  return undefined;
}

/** The algorithm and the bytes of a signature; those of ecdsa in DER, as node's crypto wants them. */
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
