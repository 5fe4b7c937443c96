/** X.509 v3 certificates with ECDSA P-256 keys, made with openssl: about 15 ms each. */
import { check } from "./run.ts";
import { need } from "./tool.ts";

/** Paths of PEM files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Certs {
  readonly dir: string;
  /** Signs all below, except where said. Subject: `CN=fairlead test CA`. */
  readonly ca: Pair;
  /** Names `localhost`, `127.0.0.1` and `::1`. Subject: `CN=buildkitd`. */
  readonly server: Pair;
  /** Names `other.example` alone. */
  readonly wrongName: Pair;
  /** Like `server`, but it expired yesterday. */
  readonly expiredServer: Pair;
  /** Subject: `CN=client`. */
  readonly client: Pair;
  /** It expired yesterday. Subject: `CN=expired client`. */
  readonly expiredClient: Pair;
  /** A CA that the servers don't know, with the same kind of subject: `CN=fairlead other CA`. */
  readonly otherCa: Pair;
  /** A certificate with the names of `server`, signed by `otherCa`. */
  readonly otherServer: Pair;
  /** Signed by `otherCa`. Subject: `CN=stranger`. */
  readonly otherClient: Pair;
  /** Deletes the folder. */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Request {
  subject: string;
  /** Lines of an openssl extension section. */
  extensions: readonly string[];
  /** Without an issuer the certificate is self-signed. */
  issuer?: Pair;
  /** Bits of an RSA key, instead of one of P-256. */
  rsa?: number;
  /** Days from now; default -2 and 365. */
  from?: number;
  to?: number;
}

const loopback = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1";
const authority = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const serving = ["keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth"];
const calling = ["keyUsage=critical,digitalSignature", "extendedKeyUsage=clientAuth"];

/** A fresh set in a temporary folder. */
export async function makeCerts(): Promise<Certs> {
  const dir = await Deno.makeTempDir({ prefix: "fl-certs-" });
  const make = (name: string, request: Request) => issue(dir, name, request);
  const ca = await make("ca", { subject: "/CN=fairlead test CA", extensions: authority });
  const otherCa = await make("other-ca", {
    subject: "/CN=fairlead other CA",
    extensions: authority,
  });
  const server = { subject: "/CN=buildkitd", extensions: [...serving, loopback], issuer: ca };
  const ended = { from: -30, to: -1 };
  const remove = () => Deno.remove(dir, { recursive: true }).catch(() => {});
  return {
    dir,
    ca,
    otherCa,
    server: await make("server", server),
    wrongName: await make("wrong-name", {
      ...server,
      extensions: [...serving, "subjectAltName=DNS:other.example"],
    }),
    expiredServer: await make("expired-server", { ...server, ...ended }),
    client: await make("client", { subject: "/CN=client", extensions: calling, issuer: ca }),
    expiredClient: await make("expired-client", {
      subject: "/CN=expired client",
      extensions: calling,
      issuer: ca,
      ...ended,
    }),
    otherServer: await make("other-server", { ...server, issuer: otherCa }),
    otherClient: await make("other-client", {
      subject: "/CN=stranger",
      extensions: calling,
      issuer: otherCa,
    }),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/**
 * `openssl ca` and not `openssl x509`: before OpenSSL 3.4 it alone takes a start and an end date,
 * and a certificate that ends before it starts is refused as malformed, not as expired.
 */
export async function issue(dir: string, name: string, request: Request): Promise<Pair> {
  const openssl = await need("openssl");
  const pair = { cert: `${dir}/${name}.pem`, key: `${dir}/${name}.key` };
  const file = (suffix: string) => `${dir}/${name}.${suffix}`;
  await Deno.writeTextFile(
    file("cnf"),
    [
      "[req]",
      "distinguished_name=dn",
      "[dn]",
      "[ca]",
      "default_ca=here",
      "[here]",
      `database=${file("db")}`,
      "rand_serial=yes",
      "policy=policy",
      "default_md=sha256",
      "unique_subject=no",
      "x509_extensions=extensions",
      "[policy]",
      "organizationName=optional",
      "commonName=supplied",
      "[extensions]",
      "subjectKeyIdentifier=hash",
      ...request.extensions,
      "",
    ].join("\n"),
  );
  await Deno.writeTextFile(file("db"), "");
  const config = ["-config", file("cnf")];
  await check(openssl, [
    ...["req", "-new", "-nodes", "-newkey"],
    ...request.rsa === undefined
      ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
      : [`rsa:${request.rsa}`],
    ...["-subj", request.subject, "-keyout", pair.key, "-out", file("csr"), ...config],
  ]);
  const signer = request.issuer === undefined
    ? ["-selfsign", "-keyfile", pair.key]
    : ["-cert", request.issuer.cert, "-keyfile", request.issuer.key];
  await check(openssl, [
    ...["ca", "-batch", "-notext", "-in", file("csr"), "-out", pair.cert, "-outdir", dir],
    ...["-startdate", stamp(request.from ?? -2), "-enddate", stamp(request.to ?? 365)],
    ...signer,
    ...config,
  ]);
  return pair;
}

/** ASN.1 GENERALIZEDTIME, some days from now. */
function stamp(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return time.replaceAll(/[-:T]|\.\d+/g, "");
}
