import { makeCertificate } from "./certificate.ts";
import type { Host } from "./host.ts";
import { type Algorithm, type Keys, makeKeys, pem } from "./keys.ts";

export interface SetRequest {
  readonly algorithm: Algorithm;
  /** What the daemon is reached by. */
  readonly hosts: readonly Host[];
  /** The client's common name. */
  readonly client: string;
  readonly from: Date;
  /** Of the daemon's and the client's certificate. */
  readonly to: Date;
}

/** A file of a set. */
export interface SetFile {
  /** Below the set's folder. */
  readonly path: string;
  readonly text: string;
  /** A private key: for its owner's eyes alone. */
  readonly secret: boolean;
}

/** An authority is of no use when it ends before what it signed. */
const AUTHORITY_DAYS = 3650;

/**
 * An authority, and a key and a certificate of its own for the daemon and for a client, in the folders
 * that Docker's example makes (moby/buildkit, examples/create-certs), and one for the authority's key:
 *
 *     ca/{ca.pem,key.pem}   daemon/{ca.pem,cert.pem,key.pem}   client/{ca.pem,cert.pem,key.pem}
 */
export async function makeSet(request: SetRequest): Promise<SetFile[]> {
  const { algorithm, hosts, client, from, to } = request;
  const keys = await makeKeys(algorithm);
  const authority = { subject: "fairlead CA", keys };
  const end = new Date(Math.max(from.getTime() + AUTHORITY_DAYS * 86_400_000, to.getTime()));
  const ca = pem(
    "CERTIFICATE",
    await makeCertificate(
      { ...authority, use: "authority", hosts: [], from, to: end },
      authority,
    ),
  );
  const pair = async (folder: string, use: "server" | "client", subject: string) => {
    const own = await makeKeys(algorithm);
    const hostsOf = use === "server" ? hosts : [];
    const cert = await makeCertificate(
      { subject, use, hosts: hostsOf, keys: own, from, to },
      authority,
    );
    return [
      { path: `${folder}/ca.pem`, text: ca, secret: false },
      { path: `${folder}/cert.pem`, text: pem("CERTIFICATE", cert), secret: false },
      secretFile(folder, own),
    ];
  };
  return [
    { path: "ca/ca.pem", text: ca, secret: false },
    secretFile("ca", keys),
    ...await pair("daemon", "server", "buildkitd"),
    ...await pair("client", "client", client),
  ];
}

function secretFile(folder: string, { privateKey }: Keys): SetFile {
  return { path: `${folder}/key.pem`, text: pem("PRIVATE KEY", privateKey), secret: true };
}
