/**
 * What of OpenSSH's client configuration (ssh_config(5)) is read: `Host` and `Match` blocks with
 * `HostName`, `User`, `Port`, `IdentityFile`, `CertificateFile`, `IdentitiesOnly`, `IdentityAgent`,
 * `UserKnownHostsFile`, `GlobalKnownHostsFile`, `RevokedHostKeys`, `HostKeyAlias`, `ProxyJump`,
 * `ProxyCommand`, `ConnectTimeout`, the lists of algorithms and `Include`. As there, the first value
 * found counts, and files of keys add up.
 */
import { SshConfigError } from "./config_error.ts";
import { filesOf } from "./include.ts";
import { judgeMatch } from "./match.ts";
import { matchesPatterns } from "./patterns.ts";

/** What the configuration says of a host. */
export interface SshHostConfig {
  readonly hostname?: string;
  readonly user?: string;
  readonly port?: number;
  /** Paths as written: `~`, `%d`, `%h`, `%u` and `%r` stand in them. */
  readonly identityFiles: readonly string[];
  readonly certificateFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly identityAgent?: string;
  readonly knownHostsFiles: readonly string[];
  /** Undefined where nothing is said of them. */
  readonly globalKnownHostsFiles?: readonly string[];
  /** Files of keys that no host may have. */
  readonly revokedHostKeys: readonly string[];
  readonly hostKeyAlias?: string;
  /** `[user@]host[:port]` each, nearest first. */
  readonly jumps: readonly string[];
  /** A command line as written, whose stdio is the connection; never beside `jumps`. */
  readonly proxyCommand?: string;
  /** Seconds. */
  readonly connectTimeout?: number;
  /** Lists of algorithms as written: `+`, `-` or `^` before one changes the usual list. */
  readonly algorithms: Readonly<Partial<Record<AlgorithmList, string>>>;
}

/** The keywords that hold lists of algorithms. */
export const ALGORITHM_LISTS = ["Ciphers", "MACs", "KexAlgorithms", "HostKeyAlgorithms"] as const;
export type AlgorithmList = typeof ALGORITHM_LISTS[number];

/** Whom the configuration is asked about. */
export interface SshSubject {
  /** The host as it was typed. */
  readonly host: string;
  /** The user that the endpoint names. */
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly localUser: string;
}

/** Where the configuration is, and what it may ask of this machine. */
export interface SshSources {
  /** The user's file, then the system's. Files that are absent say nothing. */
  readonly files: readonly string[];
  /** `~` in paths. */
  readonly home: string;
  /** A file's text, or undefined where it can't be read. */
  read(path: string): string | undefined;
  /** The names in a folder; none where it can't be read. */
  list(folder: string): readonly string[];
  /** Runs a command of `Match exec` in the user's shell; whether it went well. */
  run(command: string): Promise<boolean>;
}

/** What the files say of a host. Throws `SshConfigError` for what matters there and isn't known here. */
export async function sshConfigOf(
  subject: SshSubject,
  sources: SshSources,
): Promise<SshHostConfig> {
  const found = new Map<string, string[]>();
  const search: Search = {
    subject,
    sources,
    found,
    depth: 0,
    final: false,
    seen: { final: false },
  };
  const all = async (search: Search) => {
    for (const path of sources.files) await collect(path, parentOf(path), search);
  };
  await all(search);
  // `Match final` asks for a second look, in which it holds.
  if (search.seen.final) await all({ ...search, final: true });
  return configOf(found, subject.host);
}

function configOf(found: ReadonlyMap<string, readonly string[]>, host: string): SshHostConfig {
  const first = (key: string) => found.get(key)?.[0];
  const port = Number(first("port"));
  const jump = chosen(first("proxyjump"));
  const proxy = chosen(first("proxycommand"));
  if (proxy !== undefined && first("proxyusefdpass")?.toLowerCase() === "yes") {
    throw new SshConfigError(
      "ProxyUseFdpass",
      "fairlead takes no connection from another program, it talks through that program",
      "give this host a ProxyCommand that relays, and no ProxyUseFdpass",
    );
  }
  const timeout = Number(first("connecttimeout"));
  const [hostname, user, agent, alias, global] = [
    ...["hostname", "user", "identityagent", "hostkeyalias", "globalknownhostsfile"],
  ].map(first);
  const files = (key: string) =>
    [...new Set(found.get(key))].filter((name) => name.toLowerCase() !== "none");
  return {
    identityFiles: files("identityfile"),
    certificateFiles: files("certificatefile"),
    identitiesOnly: first("identitiesonly")?.toLowerCase() === "yes",
    knownHostsFiles: words(first("userknownhostsfile") ?? ""),
    revokedHostKeys: words(chosen(first("revokedhostkeys")) ?? ""),
    jumps: jump?.split(",") ?? [],
    algorithms: Object.fromEntries(
      ALGORITHM_LISTS.flatMap((name) => {
        const list = first(name.toLowerCase());
        return list ? [[name, list]] : [];
      }),
    ),
    ...proxy && { proxyCommand: proxy },
    ...timeout > 0 && { connectTimeout: timeout },
    ...hostname && { hostname: hostname.replaceAll("%h", host).replaceAll("%%", "%") },
    ...user && { user },
    ...port > 0 && port < 65536 && { port },
    ...agent && { identityAgent: agent },
    ...global !== undefined && { globalKnownHostsFiles: words(global) },
    ...alias && { hostKeyAlias: alias },
  };
}

/** `none` says that there is none. */
function chosen(value: string | undefined): string | undefined {
  return value?.toLowerCase() === "none" ? undefined : value;
}

/** A search through the files, and what it has found. */
export interface Search {
  readonly subject: SshSubject;
  readonly sources: SshSources;
  /** Values by keyword in lower case. */
  readonly found: Map<string, string[]>;
  readonly depth: number;
  /** `Match final` holds. */
  readonly final: boolean;
  readonly seen: { final: boolean };
}

/** As deep as OpenSSH follows `Include`. */
const DEEPEST = 16;
/** Keywords that say something here. */
const USED = new Set([
  ...["hostname", "user", "port", "identityfile", "certificatefile", "identitiesonly"],
  ...["identityagent", "userknownhostsfile", "globalknownhostsfile", "hostkeyalias"],
  ...[
    "proxyjump",
    "proxycommand",
    "include",
    "revokedhostkeys",
    "connecttimeout",
    "proxyusefdpass",
  ],
  ...ALGORITHM_LISTS.map((name) => name.toLowerCase()),
]);
/** Keywords that hold lists, taken as a whole. */
const LISTS = new Set([
  ...["userknownhostsfile", "globalknownhostsfile", "revokedhostkeys", "proxycommand"],
]);
/** Of these two the first that is found counts. */
const PROXIES: Readonly<Record<string, string>> = {
  proxyjump: "proxycommand",
  proxycommand: "proxyjump",
};

/** @param base the folder that relative names of `Include` are in */
async function collect(path: string, base: string, search: Search): Promise<void> {
  const text = search.sources.read(path);
  if (text === undefined || search.depth > DEEPEST) return;
  const { found, subject } = search;
  let applies: boolean | SshConfigError = true;
  for (const [index, line] of text.split("\n").entries()) {
    const [, keyword, rest] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
    if (keyword === undefined || rest === undefined) continue;
    const key = keyword.toLowerCase();
    const place = `${path}:${index + 1}`;
    if (key === "host") applies = matchesPatterns(subject.host, words(rest), { exact: true });
    else if (key === "match") applies = await judgeMatch(words(rest), search, place);
    else if (applies instanceof SshConfigError) {
      if (USED.has(key) && !found.has(key)) throw applies;
    } else if (applies && key === "include") {
      for (const name of words(rest).flatMap((name) => filesOf(name, base, search.sources))) {
        await collect(name, base, { ...search, depth: search.depth + 1 });
      }
    } else if (applies && !found.has(PROXIES[key] ?? "")) {
      const values = found.get(key) ?? [];
      found.set(key, [...values, LISTS.has(key) ? rest : words(rest)[0] ?? ""]);
    }
  }
}

/** A word that begins with `#` begins a comment. */
function words(text: string): string[] {
  const found: string[] = [];
  for (const [, quoted, plain] of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    if (plain?.startsWith("#")) break;
    found.push(quoted ?? plain ?? "");
  }
  return found;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
