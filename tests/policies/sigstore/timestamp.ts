/** Timestamps of a timestamp authority (RFC 3161): a CMS message (RFC 5652) about a signature. */
import {
  context,
  type Der,
  integer,
  objectId,
  octetString,
  sequence,
  set,
} from "../../../base/der.ts";
import { derValues } from "../../../base/der.ts";
import type { Authority } from "./certificates.ts";
import { sha256, sign } from "./keys.ts";

const OID = {
  signedData: "1.2.840.113549.1.7.2",
  info: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  sha256: "2.16.840.1.101.3.4.2.1",
  ecdsa: "1.2.840.10045.4.3.2",
  policy: "1.3.6.1.4.1.57264.2",
} as const;

const algorithm = sequence(objectId(OID.sha256));
const one = integer(new Uint8Array([1]));
/** GeneralizedTime, whatever the year. */
const moment = (date: Date): Der => {
  const text = `${date.toISOString().replace(/[-:T]|\.\d+/g, "")}`;
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array([0x18, bytes.length, ...bytes]);
};

/** The response of the authority about a signature. */
export async function timestamp(
  signature: Uint8Array,
  authority: Authority,
  issuer: Authority,
  at: Date,
): Promise<Der> {
  const info = sequence(
    one,
    objectId(OID.policy),
    sequence(algorithm, octetString(await sha256(signature))),
    integer(crypto.getRandomValues(new Uint8Array(8))),
    moment(at),
  );
  const attributes = [
    sequence(objectId(OID.contentType), set(objectId(OID.info))),
    sequence(objectId(OID.messageDigest), set(octetString(await sha256(info)))),
  ];
  const signer = sequence(
    one,
    sequence(issuer.name, integer(serialOf(authority.certificate))),
    algorithm,
    context(0, set(...attributes).subarray(2), true),
    sequence(objectId(OID.ecdsa)),
    octetString(await sign(authority.keys, set(...attributes))),
  );
  const signed = sequence(
    integer(new Uint8Array([3])),
    set(algorithm),
    sequence(objectId(OID.info), context(0, octetString(info), true)),
    context(0, authority.certificate, true),
    set(signer),
  );
  return sequence(
    sequence(integer(new Uint8Array([0]))),
    sequence(objectId(OID.signedData), context(0, signed, true)),
  );
}

function serialOf(certificate: Uint8Array): Uint8Array {
  const [whole] = derValues(certificate);
  const [body] = derValues(whole!.content);
  return derValues(body!.content)[1]!.content;
}
