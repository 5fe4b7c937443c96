import { type DerValue, derValues } from "../../base/der.ts";

const PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g;

/**
 * When the certificates of a PEM text end, in milliseconds since 1970, in their order. Throws an
 * error of any kind for what is no certificate.
 */
export function endsOf(pem: string): number[] {
  return Array.from(pem.matchAll(PEM), ([, text]) => {
    const [whole] = derValues(Uint8Array.fromBase64(text!));
    const [signed] = derValues(whole!.content);
    const parts = derValues(signed!.content);
    // Before them may stand the version: [0]. Then serial, algorithm, issuer, validity.
    const validity = parts[parts[0]!.tag === 0xa0 ? 4 : 3]!;
    return timeOf(derValues(validity.content)[1]!);
  });
}

/** UTCTime has the year in two digits, of 1950 to 2049 (RFC 5280 §4.1.2.5); GeneralizedTime in four. */
function timeOf({ tag, content }: DerValue): number {
  const text = new TextDecoder().decode(content);
  const full = tag === 0x17 ? `${text < "5" ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    .exec(full)!;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
