/** Explains failures of TLS handshakes, and their remedies. */
import { errorText } from "../../base/error_text.ts";
import { X509Certificate } from "node:crypto";
import type { DialErrorCode } from "../errors.ts";
import { explainFirstBytes, type Misfit } from "../first_bytes.ts";
import { day, type TlsFiles } from "./tls_files.ts";
import { alternativeNames, issuerOf, namesOf, subjectOf } from "./certificate_names.ts";

/**
 * Explains why the daemon's certificate is not accepted.
 * @param chain that certificate, then those of its authorities, as far as the daemon sent them
 * @param isNamed whether the certificate carries the host's name
 */
export function explainCertificate(
  chain: readonly X509Certificate[],
  isNamed: boolean,
  host: string,
  files: TlsFiles,
): Misfit {
  const certificate = chain[0]!;
  const shown = `the daemon's certificate (${subjectOf(certificate)})`;
  const misfit = (problem: string, hint: string) =>
    ({ code: "unauthenticated", problem, hint }) satisfies Misfit;
  const now = Date.now();
  const { validFromDate: from, validToDate: to } = certificate;
  if (to.getTime() < now) {
    return misfit(`${shown} expired on ${day(to)}`, "renew the daemon's certificate");
  }
  if (from.getTime() > now) {
    const hint = "check this machine's clock, and the daemon's certificate";
    return misfit(`${shown} is not valid before ${day(from)}`, hint);
  }
  if (!isNamed) {
    const names = namesOf(certificate);
    const isOld = alternativeNames(certificate).length === 0;
    const usable = isOld ? undefined : names.find((name) => !name.includes("*"));
    const holds = names.length === 0
      ? "names no host, so it is not valid for"
      : isOld
      ? `has only the common name ${names.join(", ")}, which is not valid for`
      : `is valid for ${names.join(", ")}, not for`;
    const hint = usable !== undefined
      ? `give servername=${usable}, or use a name for which it is valid in the endpoint`
      : isOld
      ? `have it signed again, with ${host} as its subjectAltName`
      : "use a name for which it is valid in the endpoint, or as servername";
    return misfit(`${shown} ${holds} ${host}`, hint);
  }
  const issuer = issuerOf(certificate);
  const roots = files.roots.map((pem) => new X509Certificate(pem));
  // The authority that signed the certificate, or one that signed an intermediate authority.
  const top =
    chain.findLast((one) =>
      one.issuer !== one.subject && roots.some((root) => root.subject === one.issuer)
    ) ?? certificate;
  const alike = roots.filter((root) => root.subject === top.issuer);
  if (alike.length === 0) {
    const hint = "give the CA that signed it as cacert; if that is an intermediate CA, " +
      "the daemon's certificate file must also contain it";
    return misfit(`${shown} is signed by ${issuer}, which is not in ${files.rootsFrom}`, hint);
  }
  if (!alike.some((root) => top.verify(root.publicKey))) {
    const hint = "the CA was created again: get its current certificate and give it as cacert";
    return misfit(
      `${shown} is signed by ${issuer}, but with a different key from that of ${files.rootsFrom}`,
      hint,
    );
  }
  return misfit(
    `${shown} can't be used for a server: it is meant for something else, too weak, or its CA ` +
      "may not sign for its names",
    "it needs extendedKeyUsage serverAuth, a signature other than by SHA-1, and a CA with " +
      "basicConstraints CA:TRUE whose nameConstraints, if any, allow each of its names",
  );
}

/** True for errors of TLS itself, false for those of the stream below it. */
export function isTlsError(error: unknown): boolean {
  return alertIn(error) !== undefined || /^ERR_(SSL|TLS)_/.test(codeOf(error));
}

/**
 * Explains a failed handshake, or a later alert. With TLS 1.3 (RFC 8446 §4.4.2.4) a server judges
 * the client's certificate after the client has completed the handshake.
 *
 * @param first the first bytes that the far side sent, undecrypted
 */
export function explainTlsError(
  error: unknown,
  host: string,
  files: TlsFiles,
  first: Uint8Array,
): Misfit {
  const alert = alertIn(error);
  if (alert !== undefined) return explainAlert(alert, host, files);
  const notTls = "leave the driver options cacert, cert, key and servername out, or start the " +
    "daemon with --tlscert and --tlskey";
  if (first.length === 0) {
    const problem = "the daemon closed the connection instead of answering the TLS handshake";
    const hint = `check that the port speaks TLS; if it doesn't, ${notTls}`;
    return { code: "unreachable", problem, hint };
  }
  // TLS records begin with their type, 20 to 23, and the version 3.x.
  if (first[0]! < 20 || first[0]! > 23 || first[1] !== 3) {
    const other = explainFirstBytes(first);
    const problem = other === undefined
      ? "the daemon doesn't speak TLS on this port: it answered in plain HTTP/2, as without --tlscert"
      : `the port doesn't speak TLS: ${other.problem}`;
    return { code: "config", problem, hint: other?.hint ?? notTls };
  }
  const message = errorText(error);
  // The runtime gives this message where it can't use the certificate's key for a signature.
  if (message === "unable to verify the first certificate") {
    return {
      code: "unauthenticated",
      problem:
        "the daemon's certificate can't be verified: its key is too weak, or of an unsupported kind",
      hint: "give the daemon a key of RSA with 2048 bits or more, ECDSA or Ed25519",
    };
  }
  return {
    code: "unreachable",
    problem: `the TLS handshake failed: ${message}`,
    hint: "look at the daemon's log",
  };
}

/** The alerts (RFC 8446 §6.2) about the client's certificate, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  UnknownCA: "its CA is unknown there",
  CertificateExpired: "expired",
  CertificateRevoked: "revoked",
  BadCertificate: "bad certificate",
  CertificateUnknown: "not acceptable",
  UnsupportedCertificate: "of an unsupported kind",
  DecryptError: "its signature is wrong",
  AccessDenied: "access denied",
};

function explainAlert(alert: string, host: string, { client }: TlsFiles): Misfit {
  const misfit = (code: DialErrorCode, problem: string, hint: string) => ({ code, problem, hint });
  const refusal = REFUSALS[alert];
  const isOfCertificate = refusal !== undefined || alert === "CertificateRequired";
  if (isOfCertificate && client === undefined) {
    const hint =
      "give the builder --driver-opt cert=FILE,key=FILE, with a certificate from the daemon's CA";
    return misfit("unauthenticated", "the daemon demands a client certificate", hint);
  }
  if (isOfCertificate && client !== undefined) {
    const why = refusal ?? "not one it asked for";
    const problem = `the daemon refused the client certificate ${client.shown}: ${why}`;
    const hint = "give a certificate with extendedKeyUsage clientAuth, signed by the CA that the " +
      "daemon trusts (--tlscacert)";
    return misfit("unauthenticated", problem, hint);
  }
  switch (alert) {
    case "HandshakeFailure":
      return misfit(
        "unauthenticated",
        "the daemon refused the TLS handshake",
        client === undefined
          ? "it may demand a client certificate: give the builder --driver-opt cert=FILE,key=FILE; " +
            "or it may support no cipher of TLS 1.3, and no ECDHE cipher with AES-GCM or ChaCha20 of TLS 1.2"
          : "the daemon and fairlead may have no cipher in common; look at the daemon's log",
      );
    case "ProtocolVersion":
      return misfit(
        "unsupported",
        "the daemon does not support TLS 1.2 or newer",
        "let the proxy that terminates TLS in front of the daemon allow TLS 1.2 or 1.3",
      );
    case "NoApplicationProtocol":
      return misfit(
        "unsupported",
        "the daemon's TLS port doesn't take HTTP/2 (ALPN h2)",
        "give the daemon's gRPC port; a proxy in front of it must allow HTTP/2",
      );
    case "UnrecognizedName":
    case "UnrecognisedName":
      return misfit(
        "not-found",
        `the daemon's TLS port does not know the host ${host}`,
        "give the name it knows as servername",
      );
  }
  return misfit(
    "unreachable",
    `the daemon ended the TLS handshake: ${spaced(alert)}`,
    "look at the daemon's log",
  );
}

/** Reads the alert's name, like `UnknownCA`, from an error of the runtime's TLS (rustls). */
function alertIn(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  return /received fatal alert: (?:the server .*?)?(\w+)/.exec(message)?.[1];
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

function spaced(alert: string): string {
  return alert.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
