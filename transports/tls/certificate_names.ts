/** Reads a certificate's names, and compares them with a host. */
import type { X509Certificate } from "node:crypto";
import { sameBytes } from "../../base/bytes.ts";
import { derValues } from "../../base/der.ts";
import { ipText, parseIp } from "../../base/ip.ts";
import { extensionsOf } from "./certificate.ts";

/** Formats a certificate's subject, `CN=buildkitd, O=Example`; its names if it has no subject. */
export function subjectOf(certificate: X509Certificate): string {
  return oneLine(certificate.subject) || namesOf(certificate).join(", ") || "no subject";
}

/** Formats a certificate's issuer as `subjectOf` does. */
export function issuerOf(certificate: X509Certificate): string {
  return oneLine(certificate.issuer) || "no name";
}

/** Lists a certificate's hosts and addresses, for messages; without any, its common name. */
export function namesOf(certificate: X509Certificate): string[] {
  const names = alternativeNames(certificate);
  return names.length > 0 ? names : commonNames(certificate);
}

/** Lists the DNS names and IP addresses of the extension subjectAltName. */
export function alternativeNames(certificate: X509Certificate): string[] {
  return alternatives(certificate).map(({ tag, content }) =>
    tag === DNS ? printable(new TextDecoder().decode(content)) : ipText(content)
  );
}

/**
 * Whether a certificate carries a name or an address in its subjectAltName, by Go's rules. A common
 * name doesn't count, and `*` stands for the whole leftmost label of a name.
 */
export function holdsFor(certificate: X509Certificate, host: string): boolean {
  const address = parseIp(host);
  const asked = host.toLowerCase();
  const [, parent] = /^[^.]+\.(.+)$/.exec(asked) ?? [];
  return alternatives(certificate).some(({ tag, content }) => {
    if (address !== undefined) return tag === IP && sameBytes(content, address);
    const name = tag === DNS ? new TextDecoder().decode(content).toLowerCase() : undefined;
    return name === asked || (parent !== undefined && name === `*.${parent}`);
  });
}

const SUBJECT_ALT_NAME = "2.5.29.17";
/** Tags of GeneralName (RFC 5280, section 4.2.1.6): context-specific `[2]` and `[7]`. */
const DNS = 0x82, IP = 0x87;

function alternatives(certificate: X509Certificate) {
  const content = extensionsOf(new Uint8Array(certificate.raw)).get(SUBJECT_ALT_NAME);
  const [names] = content === undefined ? [] : derValues(content);
  return derValues(names?.content ?? new Uint8Array()).filter(({ tag, content }) =>
    tag === DNS || (tag === IP && (content.length === 4 || content.length === 16))
  );
}

function commonNames(certificate: X509Certificate): string[] {
  return certificate.subject.split("\n")
    .filter((line) => line.startsWith("CN=")).map((line) => line.slice(3));
}

/** Formats a name on one line, the most specific part first. */
function oneLine(name: string | undefined): string {
  return printable((name ?? "").split("\n").reverse().join(", "));
}

function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
