/**
 * Certificates of hosts (OpenSSH's PROTOCOL.certkeys): a host's key, signed by an authority that
 * known_hosts names in a line of `@cert-authority`.
 *
 *     string   TYPE-cert-v01@openssh.com
 *     string   nonce
 *     …        the public key's own fields: one string for ed25519, two for ecdsa
 *     uint64   serial
 *     uint32   1: a user's, 2: a host's
 *     string   key id
 *     string   principals, a string each
 *     uint64   valid from, uint64 valid until, in seconds
 *     string   critical options, string extensions, string reserved
 *     string   the authority's key
 *     string   its signature of all that stands above
 */
import { matchesPatterns } from "./_ssh_config.ts";

const SUFFIX = "-cert-v01@openssh.com";
/** Key types whose certificates are taken, and how many strings their public keys are. */
const FIELDS: Readonly<Record<string, number>> = {
  "ssh-ed25519": 1,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
};
const HOST = 2;

/** The names of certificates in the negotiation of a connection. */
export const certificateAlgorithms = Object.keys(FIELDS).map((type) => type + SUFFIX);

/** What a certificate says. */
export interface HostCertificate {
  /** Of the key in it: `ssh-ed25519`. */
  readonly type: string;
  /** The key in it, as it would be without a certificate. */
  readonly key: Uint8Array;
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
export function parseCertificate(blob: Uint8Array): HostCertificate | undefined {
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
    uint64();
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
      key: joined(key),
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

/** What is wrong with a certificate, its signature apart; undefined when it is good for this host. */
export function certificateFault(
  certificate: HostCertificate,
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

function stringsIn(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) throw new RangeError("it is cut off");
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

function joined(strings: readonly Uint8Array[]): Uint8Array {
  const size = strings.reduce((sum, part) => sum + 4 + part.length, 0);
  const whole = new Uint8Array(size);
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of strings) {
    view.setUint32(at, part.length);
    whole.set(part, at + 4);
    at += 4 + part.length;
  }
  return whole;
}

function date(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
}
