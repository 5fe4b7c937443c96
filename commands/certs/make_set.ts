import { formatHostPort } from "../../transports/net/tcp_connect.ts";
import { program } from "../../cli/root.ts";
import { csvLine } from "../../base/go/csv.ts";
import { shellWord } from "../../base/shell_word.ts";
import { makeCertificate } from "./certificate.ts";
import type { Host } from "./host.ts";
import { type Algorithm, type Keys, makeKeys, pem } from "./keys.ts";

export interface SetRequest {
  readonly algorithm: Algorithm;
  /** The names and addresses of the daemon. */
  readonly hosts: readonly Host[];
  /** The client's common name. */
  readonly client: string;
  readonly from: Date;
  /** The end of the daemon's and the client's certificates. */
  readonly to: Date;
}

/** A file of a set. */
export interface SetFile {
  /** The path below the set's folder. */
  readonly path: string;
  readonly text: string;
  /** The file is a private key, which only its owner may read. */
  readonly secret: boolean;
}

const DAY = 86_400_000;
/**
 * Certificates begin this many milliseconds ago, so that a machine with a slow clock accepts them.
 */
const EARLIER = 3_600_000;

/** When certificates that are made now begin and end. @param now milliseconds since 1970 */
export function validity(now: number, days: number): Pick<SetRequest, "from" | "to"> {
  return { from: new Date(now - EARLIER), to: new Date(now + days * DAY) };
}

/**
 * The command line that makes a builder of the daemon with a set's certificates, without a line
 * end.
 * @param folder the set's, where the command is called
 */
export function createCommand(name: string, folder: string, host: Host, port: number): string {
  const option = (option: string, file: string) =>
    `  --driver-opt ${shellWord(csvLine([`${option}=${folder}/client/${file}`]))} \\\n`;
  return `${program} create --name ${shellWord(name)} --driver remote \\\n` +
    option("cacert", "ca.pem") + option("cert", "cert.pem") + option("key", "key.pem") +
    `  tcp://${formatHostPort({ host: host.text, port })}`;
}

/** The authority's lifetime in days; it must not end before the certificates that it signed. */
const AUTHORITY_DAYS = 3650;

/**
 * Makes an authority, and a key with a certificate each for the daemon and for a client. The
 * folders are those of Docker's example (moby/buildkit, examples/create-certs), and one for the
 * authority's key:
 *
 *     ca/{ca.pem,key.pem}   daemon/{ca.pem,cert.pem,key.pem}   client/{ca.pem,cert.pem,key.pem}
 */
export async function makeSet(request: SetRequest): Promise<SetFile[]> {
  const { algorithm, hosts, client, from, to } = request;
  const keys = await makeKeys(algorithm);
  const authority = { subject: "fairlead CA", keys };
  const end = new Date(Math.max(from.getTime() + AUTHORITY_DAYS * DAY, to.getTime()));
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
