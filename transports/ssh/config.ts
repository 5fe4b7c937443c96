/**
 * What of OpenSSH's client configuration (ssh_config(5)) is read: `Host` and `Match` blocks with
 * `HostName`, `User`, `Port`, `IdentityFile`, `CertificateFile`, `IdentitiesOnly`, `IdentityAgent`,
 * `UserKnownHostsFile`, `GlobalKnownHostsFile`, `HostKeyAlias`, `ProxyJump` and `Include`. As there,
 * the first value found counts, and files of keys add up.
 */
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
  readonly hostKeyAlias?: string;
  /** `[user@]host[:port]` each, nearest first. */
  readonly jumps: readonly string[];
}

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

/** A configuration that can't be followed. */
export class SshConfigError extends Error {
  override readonly name = "SshConfigError";
  constructor(place: string, problem: string, readonly hint: string) {
    super(`${place}: ${problem}`);
  }
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
  const jump = first("proxyjump");
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
    jumps: jump === undefined || jump.toLowerCase() === "none" ? [] : jump.split(","),
    ...hostname && { hostname: hostname.replaceAll("%h", host).replaceAll("%%", "%") },
    ...user && { user },
    ...port > 0 && port < 65536 && { port },
    ...agent && { identityAgent: agent },
    ...global !== undefined && { globalKnownHostsFiles: words(global) },
    ...alias && { hostKeyAlias: alias },
  };
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
  ...["proxyjump", "proxycommand", "include"],
]);
/** Keywords that hold lists, taken as a whole. */
const LISTS = new Set(["userknownhostsfile", "globalknownhostsfile", "proxycommand"]);

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
    } else if (applies) {
      const values = found.get(key) ?? [];
      found.set(key, [...values, LISTS.has(key) ? rest : words(rest)[0] ?? ""]);
      if (key === "proxycommand" && values.length === 0) refuseProxy(rest, search, place);
    }
  }
}

/** The first of `ProxyJump` and `ProxyCommand` counts. */
function refuseProxy(command: string, { found }: Search, place: string): void {
  if (command.toLowerCase() === "none" || found.has("proxyjump")) return;
  throw new SshConfigError(
    place,
    "ProxyCommand is not supported: fairlead runs no program to connect",
    "use ProxyJump, or ProxyCommand none in a block of this host before",
  );
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
