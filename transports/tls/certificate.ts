/** Reads the parts of certificates (RFC 5280) that node's own reader doesn't give. */
import { type DerValue, derValues, objectIdText } from "../../base/der.ts";

const PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g;

/**
 * Returns the ends of the certificates in a PEM text, in order, in milliseconds since 1970. Throws
 * an error of any kind for invalid certificates.
 */
export function endsOf(pem: string): number[] {
  return Array.from(pem.matchAll(PEM), ([, text]) => {
    const parts = fieldsOf(Uint8Array.fromBase64(text!));
    // The optional version has the tag [0]. Serial, algorithm, issuer and validity follow.
    const validity = parts[parts[0]!.tag === 0xa0 ? 4 : 3]!;
    return timeOf(derValues(validity.content)[1]!);
  });
}

/** Reads the fields of the signed part. */
function fieldsOf(certificate: Uint8Array): DerValue[] {
  const [whole] = derValues(certificate);
  const [signed] = derValues(whole!.content);
  return derValues(signed!.content);
}

/** Returns a certificate's extensions by object id. Throws for an invalid certificate. */
export function extensionsOf(certificate: Uint8Array): Map<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>();
  for (const { tag, content } of fieldsOf(certificate)) {
    if (tag !== 0xa3) continue;
    for (const extension of derValues(derValues(content)[0]!.content)) {
      const fields = derValues(extension.content);
      // The flag "critical" may stand between the id and the value.
      extensions.set(objectIdText(fields[0]!.content), fields.at(-1)!.content);
    }
  }
  return extensions;
}

/**
 * Parses a time. UTCTime has a two-digit year, 1950 to 2049 (RFC 5280 §4.1.2.5); GeneralizedTime
 * has four digits.
 */
function timeOf({ tag, content }: DerValue): number {
  const text = new TextDecoder().decode(content);
  const full = tag === 0x17 ? `${text < "5" ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    .exec(full)!;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
