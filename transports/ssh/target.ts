/** Where ssh connects to, and with what: the endpoint, filled up from OpenSSH's configuration. */
import { homeDir } from "../_home.ts";
import { SshConfigError, sshConfigOf, type SshHostConfig } from "./config.ts";
import { sshSources } from "./sources.ts";
import { expandTokens } from "./tokens.ts";
import { DialError } from "../errors.ts";
import type { DialContext, Env } from "../transport.ts";

/** What an endpoint says of its host. */
export interface SshAddress {
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  /** A private key's file: this one and no other. */
  readonly identity?: string | undefined;
  /** In place of the user's and the system's own files. */
  readonly knownHosts?: string | undefined;
}

/** A host, all questions answered. */
export interface SshTarget {
  /** The address or name to connect to. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** What known_hosts calls it. */
  readonly alias: string;
  /** Files with private keys, in the order in which they are tried. */
  readonly identities: readonly string[];
  /** Files with certificates of the user, beside those that lie at the keys (`KEY-cert.pub`). */
  readonly certificates: readonly string[];
  /** The user named these files: one that can't be read is an error. */
  readonly named: boolean;
  /** Of the agent's keys, only those of these files. */
  readonly identitiesOnly: boolean;
  /** The agent's socket. */
  readonly agent: string | undefined;
  readonly knownHosts: readonly string[];
  /** The hosts on the way, nearest first. */
  readonly jumps: readonly SshTarget[];
}

const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];
const GLOBAL_HOSTS = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

/**
 * Reads the user's and the system's configuration. Throws `DialError` for one that can't be followed,
 * or the signal's reason.
 * @param endpoint for errors, redacted
 */
export async function sshTarget(
  address: SshAddress,
  endpoint: string,
  { env, signal }: Pick<DialContext, "env" | "signal">,
): Promise<SshTarget> {
  const home = homeDir(env) ?? "/";
  const localUser = env("USER") || env("LOGNAME") || env("USERNAME") || "root";
  const sources = sshSources(home, env, signal);
  const configOf = (of: SshAddress) => sshConfigOf({ ...of, localUser }, sources);
  try {
    const config = await configOf(address);
    const jumps: SshTarget[] = [];
    for (const jump of config.jumps) {
      const inner = jumpAddress(jump);
      // A jump host's own ProxyJump is not followed, so that none can lead round in a circle.
      const own = { ...await configOf(inner), jumps: [] };
      jumps.push(complete(inner, own, { env, home, localUser, jumps: [] }));
    }
    return complete(address, config, { env, home, localUser, jumps });
  } catch (error) {
    if (!(error instanceof SshConfigError)) throw error;
    const { message, hint } = error;
    throw new DialError(message, { endpoint, step: "connect", code: "config", hint, cause: error });
  }
}

interface Around {
  readonly env: Env;
  readonly home: string;
  readonly localUser: string;
  readonly jumps: readonly SshTarget[];
}

function complete(
  address: SshAddress,
  config: SshHostConfig,
  { env, home, localUser, jumps }: Around,
): SshTarget {
  const host = config.hostname ?? address.host;
  const port = address.port ?? config.port ?? 22;
  const user = address.user ?? config.user ?? localUser;
  const alias = config.hostKeyAlias ?? host;
  const tokens = { home, host, typed: address.host, port, user, localUser, alias };
  const path = (text: string) =>
    expandTokens(
      tilde(text, home).replace(/\$\{(\w+)\}/g, (_, name: string) => env(name) ?? ""),
      tokens,
    );
  const chosen = address.identity === undefined ? config.identityFiles : [address.identity];
  const defaults = DEFAULT_KEYS.map((name) => `${home}/.ssh/${name}`);
  const agent = config.identityAgent ?? "SSH_AUTH_SOCK";
  const ownHosts = [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`];
  const knownHosts = config.knownHostsFiles.length > 0
    ? config.knownHostsFiles.map(path)
    : ownHosts;
  return {
    host,
    port,
    user,
    alias,
    identities: chosen.length > 0 ? chosen.map(path) : defaults,
    certificates: config.certificateFiles.map(path),
    named: address.identity !== undefined,
    identitiesOnly: address.identity !== undefined || config.identitiesOnly,
    agent: agent === "none"
      ? undefined
      : agent === "SSH_AUTH_SOCK"
      ? env("SSH_AUTH_SOCK") || undefined
      : /^\$\w/.test(agent)
      ? env(agent.slice(1)) || undefined
      : path(agent),
    knownHosts: address.knownHosts === undefined
      ? [...knownHosts, ...config.globalKnownHostsFiles?.map(path) ?? GLOBAL_HOSTS]
      : [path(address.knownHosts)],
    jumps,
  };
}

/** `[user@]host[:port]`, perhaps with `ssh://` before it. */
function jumpAddress(text: string): SshAddress {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:(.*)@)?(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text.trim()) ?? [];
  return {
    host: bracketed ?? plain ?? text,
    ...user && { user },
    ...port && { port: Number(port) },
  };
}

function tilde(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? home + path.slice(1) : path;
}
