/** Certificates (RFC 5280), as much of them as node's own reader doesn't tell. */
import { type DerValue, derValues, objectIdText } from "../../base/der.ts";

const PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g;

/**
 * When the certificates of a PEM text end, in milliseconds since 1970, in their order. Throws an
 * error of any kind for what is no certificate.
 */
export function endsOf(pem: string): number[] {
  return Array.from(pem.matchAll(PEM), ([, text]) => {
    const parts = fieldsOf(Uint8Array.fromBase64(text!));
    // The version is optional: [0]. Then serial, algorithm, issuer, validity.
    const validity = parts[parts[0]!.tag === 0xa0 ? 4 : 3]!;
    return timeOf(derValues(validity.content)[1]!);
  });
}

/** The fields of the part that is signed. */
function fieldsOf(certificate: Uint8Array): DerValue[] {
  const [whole] = derValues(certificate);
  const [signed] = derValues(whole!.content);
  return derValues(signed!.content);
}

/** The contents of a certificate's extensions, by their object ids. Throws for what is no certificate. */
export function extensionsOf(certificate: Uint8Array): Map<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>();
  for (const { tag, content } of fieldsOf(certificate)) {
    if (tag !== 0xa3) continue;
    for (const extension of derValues(derValues(content)[0]!.content)) {
      const fields = derValues(extension.content);
      // Between id and value may stand whether it is critical.
      extensions.set(objectIdText(fields[0]!.content), fields.at(-1)!.content);
    }
  }
  return extensions;
}

/** UTCTime has the year in two digits, of 1950 to 2049 (RFC 5280 §4.1.2.5); GeneralizedTime in four. */
function timeOf({ tag, content }: DerValue): number {
  const text = new TextDecoder().decode(content);
  const full = tag === 0x17 ? `${text < "5" ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    .exec(full)!;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
