/** Certificates as Fulcio issues them, with the proof of a certificate transparency log inside. */
import { joinBytes } from "../../../base/bytes.ts";
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
} from "../../../base/der.ts";
import { keyId, signatureAlgorithm } from "../../../commands/certs/keys.ts";
import { bigEndian, type Keys, logId, newKeys, sha256, sign } from "./keys.ts";

const OID = {
  organization: "2.5.4.10",
  commonName: "2.5.4.3",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  timestamps: "1.3.6.1.4.1.11129.2.4.2",
} as const;
/** Fulcio's extensions (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). */
const FULCIO = "1.3.6.1.4.1.57264.1.";

/** A certificate with its keys. */
export interface Authority {
  readonly name: Der;
  readonly keys: Keys;
  readonly certificate: Der;
}

function distinguishedName(organization: string, commonName: string): Der {
  return sequence(
    set(sequence(objectId(OID.organization), utf8(organization))),
    set(sequence(objectId(OID.commonName), utf8(commonName))),
  );
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

/** Makes an authority, which without an issuer signs itself. @param stamping for timestamps */
export async function makeAuthority(
  commonName: string,
  validity: Validity,
  issuer?: Authority,
  { stamping = false, leaf = false } = {},
): Promise<Authority> {
  const keys = await newKeys();
  const name = distinguishedName("sigstore.dev", commonName);
  const extensions = [
    ...await keyIds(keys, issuer?.keys ?? keys),
    extension(OID.basicConstraints, leaf ? sequence() : sequence(yes), true),
    extension(
      OID.keyUsage,
      leaf ? bitString(new Uint8Array([0x80]), 7) : bitString(new Uint8Array([0b110]), 1),
      true,
    ),
    ...stamping ? [extension(OID.extKeyUsage, sequence(objectId(OID.timeStamping)), true)] : [],
  ];
  const signed = body(name, keys, validity, issuer?.name ?? name, extensions);
  return { name, keys, certificate: await certificate(signed, issuer?.keys ?? keys) };
}

/** The identity in a signer's certificate; `extensions` have the numbers of Fulcio's list. */
export interface Identity {
  readonly subject: string;
  readonly extensions: Readonly<Record<number, string>>;
}

/** Issues a signer's certificate, which the log has promised to include. */
export async function issue(
  identity: Identity,
  keys: Keys,
  validity: Validity,
  { issuer, log, logged = true }: {
    readonly issuer: Authority;
    readonly log: Keys;
    /** False leaves out the log's promise. */
    readonly logged?: boolean;
  },
): Promise<Der> {
  const extensions = [
    extension(OID.keyUsage, bitString(new Uint8Array([0x80]), 7), true),
    extension(OID.extKeyUsage, sequence(objectId(OID.codeSigning))),
    ...await keyIds(keys, issuer.keys),
    extension(
      OID.subjectAltName,
      sequence(context(6, new TextEncoder().encode(identity.subject))),
      true,
    ),
    ...Object.entries(identity.extensions).map(([number, text]) =>
      // The first six extensions are plain text (and superseded), the later ones are DER.
      extension(FULCIO + number, Number(number) <= 6 ? new TextEncoder().encode(text) : utf8(text))
    ),
  ];
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = 0x42;
  const unlogged = body(sequence(), keys, validity, issuer.name, extensions, serial);
  if (!logged) return await certificate(unlogged, issuer.keys);
  const promise = await certificateTimestamp(unlogged, issuer.keys, log, validity.from);
  const list = joinBytes([bigEndian(promise.length + 2, 2), bigEndian(promise.length, 2), promise]);
  const all = [...extensions, extension(OID.timestamps, octetString(list))];
  return await certificate(
    body(sequence(), keys, validity, issuer.name, all, serial),
    issuer.keys,
  );
}

/** A signed certificate timestamp of the certificate without its own (RFC 6962 §3.2). */
async function certificateTimestamp(
  unlogged: Der,
  issuer: Keys,
  log: Keys,
  moment: Date,
): Promise<Uint8Array> {
  const stamp = bigEndian(moment.getTime(), 8);
  const signature = await sign(
    log,
    joinBytes([
      // Version 1, a certificate's timestamp, the time, an entry for a precertificate.
      new Uint8Array([0, 0]),
      stamp,
      new Uint8Array([0, 1]),
      await sha256(issuer.publicKey),
      bigEndian(unlogged.length, 3),
      unlogged,
      new Uint8Array(2),
    ]),
  );
  return joinBytes([
    new Uint8Array([0]),
    await logId(log),
    stamp,
    new Uint8Array(2),
    // SHA-256 and ECDSA.
    new Uint8Array([4, 3]),
    bigEndian(signature.length, 2),
    signature,
  ]);
}

function body(
  subject: Der,
  keys: Keys,
  { from, to }: Validity,
  issuer: Der,
  extensions: readonly Der[],
  serial = crypto.getRandomValues(new Uint8Array(16)),
): Der {
  return sequence(
    context(0, integer(new Uint8Array([2])), true),
    integer(serial),
    signatureAlgorithm(keys),
    issuer,
    sequence(time(from), time(to)),
    subject,
    keys.publicKey,
    context(3, sequence(...extensions), true),
  );
}

async function certificate(signed: Der, issuer: Keys): Promise<Der> {
  return sequence(signed, signatureAlgorithm(issuer), bitString(await sign(issuer, signed)));
}

async function keyIds(keys: Keys, issuer: Keys): Promise<Der[]> {
  return [
    extension(OID.subjectKeyId, octetString(await keyId(keys))),
    extension(OID.authorityKeyId, sequence(context(0, await keyId(issuer)))),
  ];
}

function extension(id: string, value: Uint8Array, critical = false): Der {
  return sequence(objectId(id), ...critical ? [yes] : [], octetString(value));
}
