import type { X509Certificate } from "node:crypto";

/** `CN=buildkitd, O=Example`; a certificate may have no subject, only names. */
export function subjectOf(certificate: X509Certificate): string {
  return oneLine(certificate.subject) || namesOf(certificate).join(", ") || "no subject";
}

/** Who signed it, as `subjectOf` writes it. */
export function issuerOf(certificate: X509Certificate): string {
  return oneLine(certificate.issuer) || "no name";
}

/** The hosts and addresses a certificate holds for; its common name where it has none (and Go accepts no such). */
export function namesOf(certificate: X509Certificate): string[] {
  const names = alternativeNames(certificate);
  return names.length > 0 ? names : commonNames(certificate);
}

/** The DNS names and IP addresses of the extension subjectAltName. */
export function alternativeNames(certificate: X509Certificate): string[] {
  // `DNS:localhost, IP Address:127.0.0.1, URI:…`; a name with a comma comes as a JSON string.
  return (certificate.subjectAltName ?? "").split(", ")
    .map((entry) => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1])
    .filter((name) => name !== undefined);
}

function commonNames(certificate: X509Certificate): string[] {
  return certificate.subject.split("\n")
    .filter((line) => line.startsWith("CN=")).map((line) => line.slice(3));
}

/** The most specific first, as people read it. */
function oneLine(name: string | undefined): string {
  // deno-lint-ignore no-control-regex
  return (name ?? "").split("\n").reverse().join(", ").replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
