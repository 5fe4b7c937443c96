/** Finds certificates with their keys in a folder, by the names that they usually have. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
  /** The CA's file in the same folder; undefined if there is none. */
  readonly ca: string | undefined;
  /** The use of the certificate, as its file name implies. */
  readonly role: "daemon" | "client" | undefined;
}

/** The file names that fairlead, mkcert, Docker's examples, dockerd and Kubernetes use. */
const NAMES = [
  { cert: "cert.pem", key: "key.pem" },
  { cert: "server-cert.pem", key: "server-key.pem", role: "daemon" },
  { cert: "client-cert.pem", key: "client-key.pem", role: "client" },
  { cert: "tls.crt", key: "tls.key" },
] as const;
const AUTHORITIES = ["ca.pem", "ca.crt"];

/** Pairs in a folder and in the folders right below it, by path. Throws as `Deno.readDirSync`. */
export function findPairs(dir: string): Pair[] {
  return withFolders(dir).flatMap((folder) => {
    const names = filesIn(`${dir}/${folder}`);
    const path = (name: string) => `${folder}${name}`;
    const ca = AUTHORITIES.find((name) => names.has(name));
    return NAMES.filter(({ cert }) => names.has(cert)).map((pair) => ({
      cert: path(pair.cert),
      key: path(pair.key),
      ca: ca && path(ca),
      role: "role" in pair ? pair.role : roleOf(folder.replace("/", "")),
    }));
  });
}

/**
 * A folder and the folders right below it, as beginnings of paths: empty, then `NAME/` in order.
 */
function withFolders(dir: string): string[] {
  const below = [...Deno.readDirSync(dir)].filter(({ isDirectory }) => isDirectory);
  return ["", ...below.map(({ name }) => name).sort().map((name) => `${name}/`)];
}

/** Every CA in the folder and right below it. */
export function findAuthorities(dir: string): string[] {
  return withFolders(dir).flatMap((folder) =>
    AUTHORITIES.filter((name) => filesIn(`${dir}/${folder}`).has(name))
      .map((name) => `${folder}${name}`)
  );
}

/** The key of a CA, if the folder has no other certificate that the key could belong to. */
export function authorityKey(file: string, dir: string): string | undefined {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const names = filesIn(`${dir}/${folder}`);
  const alone = names.has("key.pem") && !names.has("cert.pem");
  return alone ? `${folder}key.pem` : undefined;
}

function filesIn(folder: string): ReadonlySet<string> {
  try {
    const entries = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => !isDirectory);
    return new Set(entries.map(({ name }) => name));
  } catch {
    // An unreadable folder counts as empty.
    return new Set();
  }
}

function roleOf(folder: string): Pair["role"] {
  if (folder === "daemon" || folder === "server") return "daemon";
  return folder === "client" ? "client" : undefined;
}
