/**
 * What of OpenSSH's client configuration is read: `Host` blocks with `HostName`, `User`, `Port`,
 * `IdentityFile`, `IdentitiesOnly`, `IdentityAgent`, `UserKnownHostsFile`, `HostKeyAlias`,
 * `ProxyJump` and `Include`. As there, the first value found counts, and files and patterns may be
 * several. `Match` blocks are passed over, save `Match all`.
 */

/** What the configuration says of a host. */
export interface SshHostConfig {
  readonly hostname?: string;
  readonly user?: string;
  readonly port?: number;
  /** Paths as written: `~`, `%d`, `%h`, `%u` and `%r` stand in them. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly identityAgent?: string;
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyAlias?: string;
  /** `[user@]host[:port]` each, nearest first. */
  readonly jumps: readonly string[];
}

/** A file's text, or undefined where it can't be read. */
export type ReadText = (path: string) => string | undefined;

/** What the file `path`, then the system's, says of a host. Files that are absent say nothing. */
export function sshConfigOf(
  host: string,
  paths: readonly string[],
  read: ReadText,
): SshHostConfig {
  const found = new Map<string, string[]>();
  for (const path of paths) collect(path, { host, read, found, depth: 0 });
  const first = (key: string) => found.get(key)?.[0];
  const port = Number(first("port"));
  const jump = first("proxyjump");
  const [hostname, user, agent, alias] = ["hostname", "user", "identityagent", "hostkeyalias"]
    .map(first);
  return {
    identityFiles: found.get("identityfile") ?? [],
    identitiesOnly: first("identitiesonly")?.toLowerCase() === "yes",
    knownHostsFiles: words(first("userknownhostsfile") ?? ""),
    jumps: jump === undefined || jump.toLowerCase() === "none" ? [] : jump.split(","),
    ...hostname && { hostname: hostname.replaceAll("%h", host).replaceAll("%%", "%") },
    ...user && { user },
    ...port > 0 && port < 65536 && { port },
    ...agent && { identityAgent: agent },
    ...alias && { hostKeyAlias: alias },
  };
}

interface Search {
  readonly host: string;
  readonly read: ReadText;
  readonly found: Map<string, string[]>;
  readonly depth: number;
}

/** As deep as OpenSSH follows `Include`. */
const DEEPEST = 16;

function collect(path: string, search: Search): void {
  const text = search.read(path);
  if (text === undefined || search.depth > DEEPEST) return;
  let applies = true;
  for (const line of text.split("\n")) {
    const [, keyword, rest] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
    if (keyword === undefined || rest === undefined) continue;
    const key = keyword.toLowerCase();
    if (key === "host") applies = matchesPatterns(search.host, words(rest));
    else if (key === "match") applies = rest.toLowerCase() === "all";
    else if (applies && key === "include") {
      const folder = path.slice(0, path.lastIndexOf("/"));
      for (const name of words(rest)) {
        const below = /^[~/]/.test(name) ? name : `${folder}/${name}`;
        collect(below, { ...search, depth: search.depth + 1 });
      }
    } else if (applies) {
      const values = search.found.get(key) ?? [];
      search.found.set(key, [...values, key === "userknownhostsfile" ? rest : unquoted(rest)]);
    }
  }
}

/** OpenSSH's pattern lists: `*` and `?`, and `!` before what must not match. Case doesn't count. */
export function matchesPatterns(text: string, patterns: readonly string[]): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    const source = (negated ? pattern.slice(1) : pattern)
      .replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
    if (!new RegExp(`^${source}$`, "i").test(text)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

function unquoted(text: string): string {
  return words(text)[0] ?? "";
}
