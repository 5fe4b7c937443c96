/**
 * The parts of OpenSSH's client configuration (ssh_config(5)) that fairlead reads: `Host` and
 * `Match` blocks with `HostName`, `User`, `Port`, `IdentityFile`, `CertificateFile`,
 * `IdentitiesOnly`, `IdentityAgent`, `UserKnownHostsFile`, `GlobalKnownHostsFile`,
 * `RevokedHostKeys`, `HostKeyAlias`, `StrictHostKeyChecking`, `HashKnownHosts`, `ProxyJump`,
 * `ProxyCommand`, `ConnectTimeout`, the lists of algorithms and `Include`. As in OpenSSH, the first
 * value found counts, and key files accumulate.
 */
import { SshConfigError } from "./config_error.ts";
import type { Env } from "../../transport.ts";
import { filesOf } from "./include.ts";
import { judgeMatch, namesSoFar } from "./match.ts";
import { matchesPatterns } from "./patterns.ts";
import {
  ALGORITHM_LISTS,
  type AlgorithmList,
  isNone,
  isOn,
  matters,
  secondsOf,
  splitLine,
  takeIn,
  wordsAt,
} from "./settings.ts";
import { expandText, tokensOf } from "./tokens.ts";

/** The configuration of a host; undefined fields are not configured. */
export type SshHostConfig = ReturnType<typeof configOf>;

/** The host and user that the configuration is searched for. */
export interface SshSubject {
  /** The host as it was typed. */
  readonly host: string;
  /** The user that the endpoint names. */
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly localUser: string;
}

/** The configuration files, and the parts of this machine that they may use. */
export interface SshSources {
  /** The user's file, then the system's. Missing files are skipped. */
  readonly files: readonly string[];
  /** The home folder, for `~` in paths. */
  readonly home: string;
  /**
   * Reads a file's text; returns undefined where it can't be read.
   * @param guarded throws `SshConfigError` where another user may write the file
   */
  read(path: string, guarded: boolean): string | undefined;
  /** Lists the names in a folder; empty where it can't be read. */
  list(folder: string): readonly string[];
  env: Env;
  /** The addresses of this machine's interfaces. */
  addresses(): readonly string[];
  /** Runs a command of `Match exec` in the user's shell; true for exit code 0. */
  run(command: string): Promise<boolean>;
}

/**
 * Reads a host's configuration. Throws `SshConfigError` for a relevant setting that fairlead
 * doesn't support.
 */
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
    guarded: true,
    final: false,
    seen: { final: false },
  };
  const all = async (search: Search) => {
    for (const [i, path] of sources.files.entries()) {
      await collect(path, parentOf(path), { ...search, guarded: i === 0 });
    }
  };
  await all(search);
  // `Match final` requests a second pass, in which it holds.
  if (search.seen.final) await all({ ...search, final: true });
  return configOf(found, subject.host);
}

function configOf(found: ReadonlyMap<string, readonly string[]>, host: string) {
  const first = (key: string) => found.get(key)?.[0];
  const chosen = (key: string) => isNone(first(key)) ? undefined : first(key);
  const files = (key: string) => {
    const values = found.get(key);
    return values && [...new Set(values)].filter((name) => !isNone(name));
  };
  const proxyCommand = chosen("proxycommand");
  if (proxyCommand !== undefined && isOn(first("proxyusefdpass"))) {
    throw new SshConfigError(
      "ProxyUseFdpass",
      "fairlead relays through the program, and can't take over its connection",
      "set ProxyUseFdpass no for this host",
    );
  }
  const lists = ALGORITHM_LISTS.map((name) => [name, first(name.toLowerCase())] as const)
    .filter(([, list]) => list !== undefined);
  return {
    hostname: first("hostname")?.replaceAll("%h", host).replaceAll("%%", "%"),
    user: first("user"),
    port: first("port") === undefined ? undefined : Number(first("port")),
    /** Paths as written, with `~`, `${VARIABLE}` and tokens; so are the other files. */
    identityFiles: files("identityfile"),
    certificateFiles: files("certificatefile") ?? [],
    identitiesOnly: isOn(first("identitiesonly")),
    identityAgent: first("identityagent"),
    knownHostsFiles: files("userknownhostsfile"),
    globalKnownHostsFiles: files("globalknownhostsfile"),
    /** True when known_hosts gets hashed names. */
    hashKnownHosts: isOn(first("hashknownhosts")),
    /** True when an unknown host is accepted, and its key written to known_hosts. */
    acceptNew: /^(?:accept-new|no|false|off)$/i.test(first("stricthostkeychecking") ?? ""),
    revokedHostKeys: files("revokedhostkeys") ?? [],
    hostKeyAlias: first("hostkeyalias"),
    /** `[user@]host[:port]` each, nearest first. */
    jumps: chosen("proxyjump")?.split(",") ?? [],
    /** A command line as written, whose stdio is the connection; never together with `jumps`. */
    proxyCommand,
    /** Seconds. */
    connectTimeout: secondsOf(first("connecttimeout") ?? "") || undefined,
    /** Lists of algorithms as written: `+`, `-` or `^` before one changes the usual list. */
    algorithms: Object.fromEntries(lists) as Readonly<Partial<Record<AlgorithmList, string>>>,
  };
}

/** A search through the files, with the values found so far. */
export interface Search {
  readonly subject: SshSubject;
  readonly sources: SshSources;
  /** Values by keyword, in lower case. */
  readonly found: Map<string, string[]>;
  readonly depth: number;
  /** True for the user's own files, which no other user may write. */
  readonly guarded: boolean;
  /** `Match final` holds. */
  readonly final: boolean;
  readonly seen: { final: boolean };
}

/** The depth to which OpenSSH follows `Include`. */
const DEEPEST = 16;
/** @param base the folder that relative names of `Include` are in */
async function collect(path: string, base: string, search: Search): Promise<void> {
  const { found, subject, sources } = search;
  if (search.depth > DEEPEST) return;
  const text = sources.read(path, search.guarded);
  if (text === undefined) return;
  let applies: boolean | SshConfigError = true;
  for (const [index, line] of text.split("\n").entries()) {
    const { keyword, rest } = splitLine(line) ?? {};
    if (keyword === undefined || rest === undefined) continue;
    const place = `${path}:${index + 1}`;
    const words = () => wordsAt(place, rest);
    if (keyword === "host") applies = matchesPatterns(subject.host, words(), { exact: true });
    else if (keyword === "match") applies = await judgeMatch(words(), search, place);
    else if (keyword === "include" && applies === true) {
      const tokens = await tokensOf(namesSoFar(search));
      for (const name of words()) {
        const files = filesOf(expandText(name, tokens, sources.env, place), base, sources);
        for (const file of files) await collect(file, base, { ...search, depth: search.depth + 1 });
      }
    } else if (applies !== false && (keyword === "include" || matters(keyword, found))) {
      if (applies instanceof SshConfigError) throw applies;
      takeIn(found, keyword, rest, place);
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
