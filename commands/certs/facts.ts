/** What a certificate's bytes say that the runtime's own reader doesn't tell: usages, version, signature. */
import { derValues, objectIdText } from "../../base/der.ts";
import { extensionsOf } from "../../transports/tls/certificate.ts";

export interface Facts {
  /** 1 to 3; extensions there are in 3 alone. */
  readonly version: number;
  /** Object id of the way it is signed. */
  readonly signature: string;
  /** Whether the extension keyUsage, where there is one, allows to sign certificates. */
  readonly maySign: boolean;
  /** Object ids of the extension extKeyUsage; undefined without it: then it may be used for all. */
  readonly uses: readonly string[] | undefined;
}

const KEY_USAGE = "2.5.29.15", EXT_KEY_USAGE = "2.5.29.37";
/** Bit 5 of keyUsage (RFC 5280 §4.2.1.3), counted from the highest. */
const KEY_CERT_SIGN = 0x04;

/** Reads a certificate that is known to be well-formed. */
export function factsOf(certificate: Uint8Array): Facts {
  const [whole] = derValues(certificate);
  const [signed, algorithm] = derValues(whole!.content);
  const parts = derValues(signed!.content);
  const version = parts[0]!.tag === 0xa0 ? derValues(parts[0]!.content)[0]!.content[0]! + 1 : 1;
  const extensions = extensionsOf(certificate);
  const usage = extensions.get(KEY_USAGE);
  const uses = extensions.get(EXT_KEY_USAGE);
  return {
    version,
    signature: objectIdText(derValues(algorithm!.content)[0]!.content),
    // A BIT STRING begins with the number of bits at its end that mean nothing.
    maySign: usage === undefined || ((derValues(usage)[0]!.content[1] ?? 0) & KEY_CERT_SIGN) !== 0,
    uses: uses &&
      derValues(derValues(uses)[0]!.content).map(({ content }) => objectIdText(content)),
  };
}
