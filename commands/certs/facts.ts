/**
 * Reads facts that the runtime's own reader leaves out: key usages, version, signature algorithm.
 */
import { derValues, objectIdText } from "../../base/der.ts";
import { extensionsOf } from "../../transports/tls/certificate.ts";

export interface Facts {
  /** The version, 1 to 3; only version 3 has extensions. */
  readonly version: number;
  /** The object id of the signature algorithm. */
  readonly signature: string;
  /** Whether the extension keyUsage allows signing certificates; true without that extension. */
  readonly maySign: boolean;
  /** The object ids in the extension extKeyUsage; undefined without it, which allows every use. */
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
    // A BIT STRING begins with the number of unused bits at its end.
    maySign: usage === undefined || ((derValues(usage)[0]!.content[1] ?? 0) & KEY_CERT_SIGN) !== 0,
    uses: uses &&
      derValues(derValues(uses)[0]!.content).map(({ content }) => objectIdText(content)),
  };
}
