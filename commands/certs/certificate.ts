/** X.509 v3 certificates (RFC 5280). */
import {
  bitString,
  context,
  type Der,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  time,
  utf8,
  yes,
} from "../../base/der.ts";
import type { Host } from "./host.ts";
import { keyId, type Keys, signature, signatureAlgorithm } from "./keys.ts";

/** The use of a certificate. */
export type Use = "authority" | "server" | "client";

export interface CertificateRequest {
  /** Common name. */
  readonly subject: string;
  readonly use: Use;
  /** The names and addresses of the certificate; empty for an authority. */
  readonly hosts: readonly Host[];
  readonly keys: Keys;
  readonly from: Date;
  readonly to: Date;
}

/** The signer of a certificate; an authority signs itself. */
export interface Issuer {
  readonly subject: string;
  readonly keys: Keys;
}

const OID = {
  commonName: "2.5.4.3",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

/** Makes a certificate, and returns its DER. */
export async function makeCertificate(
  request: CertificateRequest,
  issuer: Issuer,
): Promise<Der> {
  const algorithm = signatureAlgorithm(issuer.keys);
  const signed = sequence(
    // Version 3 counts from 0.
    context(0, integer(new Uint8Array([2])), true),
    integer(serial()),
    algorithm,
    name(issuer.subject),
    sequence(time(request.from), time(request.to)),
    name(request.subject),
    request.keys.publicKey,
    context(3, sequence(...await extensions(request, issuer)), true),
  );
  return sequence(signed, algorithm, await signature(issuer.keys, signed));
}

/** 16 random bytes: RFC 5280 §4.1.2.2 requires a positive number of at most 20 bytes. */
function serial(): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  bytes[0]! |= 0x40;
  return bytes;
}

function name(commonName: string): Der {
  return sequence(set(sequence(objectId(OID.commonName), utf8(commonName))));
}

async function extensions(
  { use, keys, hosts, subject }: CertificateRequest,
  issuer: Issuer,
): Promise<Der[]> {
  const ids = [
    extension(OID.subjectKeyId, octetString(await keyId(keys))),
    extension(OID.authorityKeyId, sequence(context(0, await keyId(issuer.keys)))),
  ];
  if (use === "authority") {
    return [
      ...ids,
      // The path length 0 means that the authority signs no further authorities.
      extension(OID.basicConstraints, sequence(yes, integer(new Uint8Array([0]))), true),
      // keyCertSign and cRLSign: bits 5 and 6.
      extension(OID.keyUsage, bitString(new Uint8Array([0b110]), 1), true),
    ];
  }
  const names = hosts.length > 0 ? hosts : [{ text: subject }];
  return [
    ...ids,
    extension(OID.basicConstraints, sequence(), true),
    // digitalSignature: bit 0.
    extension(OID.keyUsage, bitString(new Uint8Array([0x80]), 7), true),
    extension(OID.extKeyUsage, sequence(objectId(OID[use]))),
    extension(OID.subjectAltName, sequence(...names.map(generalName))),
  ];
}

function extension(id: string, value: Der, critical = false): Der {
  return sequence(objectId(id), ...critical ? [yes] : [], octetString(value));
}

function generalName({ text, address }: Host): Der {
  return address ? context(7, address) : context(2, new TextEncoder().encode(text));
}
