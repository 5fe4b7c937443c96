/** The result of a TLS handshake, as text and as JSON. */
import type { Handshake, TlsFiles } from "../../transports/tls/tls.ts";
import type { Finding } from "./finding.ts";

/** A certificate that ends within this many days causes a warning. */
const SOON = 14;
const DAY = 24 * 60 * 60 * 1000;

/** The files and names that the options gave. */
export function tlsFilesText({ roots, rootsFrom, client, servername }: TlsFiles): string {
  const count = roots.length === 1 ? "1 certificate" : `${roots.length} certificates`;
  return [
    `authorities: ${count} of ${rootsFrom}`,
    client && `client certificate: ${client.shown}`,
    servername && `the daemon's name must be ${servername}`,
  ].filter(Boolean).join("; ");
}

/**
 * The handshake, and the chain of certificates: a line for each with its subject, names and dates.
 */
export async function tlsLines(
  { protocol, cipher, alpn, chain }: Handshake,
  host: string,
): Promise<Required<Pick<Finding, "text" | "status" | "more" | "data">>> {
  const { issuerOf, namesOf, subjectOf } = await import(
    "../../transports/tls/certificate_names.ts"
  );
  const days = (date: Date) => Math.floor((date.getTime() - Date.now()) / DAY);
  const more = chain.flatMap((certificate, i) => {
    const names = i === 0 ? [`for ${namesOf(certificate).join(", ") || "no name"}`] : [];
    const left = days(certificate.validToDate);
    const until = certificate.validToDate.toISOString().slice(0, 10);
    const from = certificate.validFromDate;
    const ends = left < 0
      ? `expired on ${until}`
      : from.getTime() > Date.now()
      ? `not valid before ${from.toISOString().slice(0, 10)}`
      : `valid until ${until} (${left} days)`;
    return [
      `${subjectOf(certificate)}: ${[...names, ends].join("; ")}; signed by ${
        issuerOf(certificate)
      }`,
    ];
  });
  const least = Math.min(...chain.map(({ validToDate }) => days(validToDate)));
  return {
    text: `${protocol}, ${alpn || "no ALPN"}, ${cipher}, as ${host}` +
      (least < SOON ? "; a certificate expires soon" : ""),
    status: least < SOON ? "warning" : "ok",
    more,
    data: {
      protocol,
      cipher,
      alpn,
      chain: chain.map((certificate) => ({
        subject: subjectOf(certificate),
        issuer: issuerOf(certificate),
        names: namesOf(certificate),
        validFrom: certificate.validFromDate.toISOString(),
        validTo: certificate.validToDate.toISOString(),
      })),
    },
  };
}
