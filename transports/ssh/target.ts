/**
 * Resolves an endpoint and OpenSSH's configuration into the hosts and settings of an ssh
 * connection.
 */
import { homeDir } from "../../base/home.ts";
import { algorithmsOf, type SshAlgorithms } from "./algorithms.ts";
import { sshConfigOf, type SshHostConfig } from "./config/config.ts";
import { SshConfigError } from "./config/config_error.ts";
import { knownHostName } from "./host_keys/known_hosts.ts";
import { sshSources } from "./config/sources.ts";
import { expandCommand, expandText, tokensOf } from "./config/tokens.ts";
import { DialError } from "../errors.ts";
import { formatHostPort } from "../net/tcp_connect.ts";
import type { DialContext, Env } from "../transport.ts";

/** The parts of an endpoint's address. */
interface SshAddress {
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  /** A private key's file; no other key is then used. */
  readonly identity?: string | undefined;
  /** A known_hosts file that is read instead of the user's and the system's. */
  readonly knownHosts?: string | undefined;
}

/** The settings that are used as they are configured. */
type Kept = Pick<SshHostConfig, "hashKnownHosts" | "acceptNew" | "connectTimeout">;

/** A host with all settings resolved. */
export interface SshTarget extends Kept {
  /** The address or name to connect to. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The host's name in its certificate. */
  readonly alias: string;
  /** The host's name in known_hosts: its alias, else host and port. */
  readonly knownAs: string;
  /** Files with private keys, in the order in which they are tried. */
  readonly identities: readonly string[];
  /** Files with the user's certificates, besides those next to the keys (`KEY-cert.pub`). */
  readonly certificates: readonly string[];
  /** True when the user named these files: then an unreadable file is an error. */
  readonly named: boolean;
  /** True when only those of the agent's keys are used whose files are listed. */
  readonly identitiesOnly: boolean;
  /** The agent's socket. */
  readonly agent: string | undefined;
  /** The file that gets the keys of new hosts; undefined where there is none. */
  readonly newHosts: string | undefined;
  readonly knownHosts: readonly string[];
  /** Files of revoked keys; an unreadable file refuses all hosts. */
  readonly revokedHostKeys: readonly string[];
  /** The jump hosts, nearest first. */
  readonly jumps: readonly SshTarget[];
  /** A command for the user's shell, whose stdio is the connection. Set only without jump hosts. */
  readonly proxyCommand: string | undefined;
  readonly algorithms: SshAlgorithms;
}

const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"];
const GLOBAL_HOSTS = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

/**
 * Reads the user's and the system's configuration. Throws `DialError` for a configuration that
 * can't be followed, or the signal's reason.
 * @param endpoint the redacted endpoint, for errors
 */
export async function sshTarget(
  address: SshAddress,
  endpoint: string,
  { env, signal }: Pick<DialContext, "env" | "signal">,
): Promise<SshTarget> {
  const home = homeDir(env) ?? "/";
  const localUser = env("USER") || env("LOGNAME") || env("USERNAME") || "root";
  const sources = sshSources(home, env, signal);
  const around = { env, home, localUser };
  /** @param seen the hosts whose route contains this one, as text */
  const route = async (of: SshAddress, seen: readonly string[]): Promise<SshTarget> => {
    const config = await sshConfigOf({ ...of, localUser }, sources);
    const alone = await complete(of, config, around);
    const here = login(alone);
    // `Host *` may give a jump host itself as its jump host: that jump host is reached directly.
    if (seen.at(-1) === here) return alone;
    if (seen.includes(here)) {
      throw new SshConfigError(
        `ProxyJump of ${seen.at(-1)}`,
        `the jump hosts form a circle: ${here} comes again`,
        "give one of the jump hosts ProxyJump none",
      );
    }
    const jumps: SshTarget[] = [];
    for (const [i, jump] of config.jumps.entries()) {
      // Only the first jump host uses its own configured route. The later jump hosts are reached
      // through the earlier ones.
      const hop = i === 0 ? await route(jumpAddress(jump), [...seen, here]) : await complete(
        jumpAddress(jump),
        await sshConfigOf({ ...jumpAddress(jump), localUser }, sources),
        around,
      );
      if (i === 0 && login(hop) === here) return alone;
      jumps.push(...hop.jumps, { ...hop, jumps: [], ...i > 0 && { proxyCommand: undefined } });
    }
    return { ...alone, jumps };
  };
  try {
    return await route(address, []);
  } catch (error) {
    if (!(error instanceof SshConfigError)) throw error;
    const { message, hint } = error;
    throw new DialError(message, { endpoint, step: "connect", code: "config", hint, cause: error });
  }
}

function login({ user, host, port }: SshTarget): string {
  return `${user}@${formatHostPort({ host, port })}`;
}

interface Around {
  readonly env: Env;
  readonly home: string;
  readonly localUser: string;
}

async function complete(
  address: SshAddress,
  config: SshHostConfig,
  { env, home, localUser }: Around,
): Promise<SshTarget> {
  const named = config.hostname ?? address.host;
  // An IPv6 zone is an interface's name, whose case counts.
  const host = named.includes("%") ? named : named.toLowerCase();
  const port = address.port ?? config.port ?? 22;
  const alias = config.hostKeyAlias ?? host;
  const jumps = config.jumps.join(",");
  const names = { home, host, typed: address.host, port, user: "", localUser, alias, jumps };
  const user = address.user ??
    (config.user && expandText(config.user, await tokensOf(names), env, "User")) ?? localUser;
  const tokens = await tokensOf({ ...names, user });
  const filled = (what: string) => (text: string) => expandText(text, tokens, env, what);
  // Tokens are not expanded in an endpoint's own paths.
  const own = (path: string) => path.startsWith("~/") ? home + path.slice(1) : path;
  const files = address.identity === undefined
    ? config.identityFiles?.map(filled("IdentityFile"))
    : [own(address.identity)];
  const agent = config.identityAgent ?? "SSH_AUTH_SOCK";
  const userHosts = address.knownHosts === undefined
    ? config.knownHostsFiles?.map(filled("UserKnownHostsFile")) ??
      [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`]
    : [own(address.knownHosts)];
  const globalHosts = address.knownHosts === undefined
    ? config.globalKnownHostsFiles?.map(filled("GlobalKnownHostsFile")) ?? GLOBAL_HOSTS
    : [];
  return {
    host,
    port,
    user,
    alias,
    knownAs: config.hostKeyAlias ?? knownHostName(host, port),
    identities: files ?? DEFAULT_KEYS.map((name) => `${home}/.ssh/${name}`),
    certificates: config.certificateFiles.map(filled("CertificateFile")),
    named: address.identity !== undefined,
    identitiesOnly: address.identity !== undefined || config.identitiesOnly,
    agent: agent === "none"
      ? undefined
      : agent === "SSH_AUTH_SOCK"
      ? env("SSH_AUTH_SOCK") || undefined
      : /^\$\w/.test(agent)
      ? env(agent.slice(1)) || undefined
      : filled("IdentityAgent")(agent),
    newHosts: userHosts[0],
    hashKnownHosts: config.hashKnownHosts,
    acceptNew: config.acceptNew,
    knownHosts: [...userHosts, ...globalHosts],
    revokedHostKeys: config.revokedHostKeys.map(filled("RevokedHostKeys")),
    jumps: [],
    proxyCommand: config.proxyCommand && expandCommand(config.proxyCommand, tokens, "ProxyCommand"),
    connectTimeout: config.connectTimeout,
    algorithms: algorithmsOf(config.algorithms),
  };
}

/** Parses `[ssh://][user@]host[:port]`. Throws `SshConfigError` for another text. */
function jumpAddress(text: string): SshAddress {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@]+))(?::(\d{1,5}))?\/?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || port !== undefined && !(+port > 0 && +port < 65536)) {
    throw new SshConfigError(
      `ProxyJump ${text}`,
      "it is not a host",
      "write each as [USER@]HOST[:PORT], an IPv6 address in brackets",
    );
  }
  return { host, ...user && { user }, ...port && { port: Number(port) } };
}
