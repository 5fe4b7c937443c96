/** Where ssh connects to, and with what: the endpoint, filled up from OpenSSH's configuration. */
import { homeDir } from "./_home.ts";
import { sshConfigOf, type SshHostConfig } from "./_ssh_config.ts";
import type { Env } from "./transport.ts";

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

/** Reads the user's and the system's configuration. */
export function sshTarget(address: SshAddress, env: Env): SshTarget {
  const home = homeDir(env) ?? "/";
  const files = [`${home}/.ssh/config`, "/etc/ssh/ssh_config"];
  const read = (path: string) => readText(tilde(path, home));
  const configOf = (host: string) => sshConfigOf(host, files, read);
  const config = configOf(address.host);
  const jumps = config.jumps.map((jump) => {
    const inner = jumpAddress(jump);
    // A jump host's own ProxyJump is not followed, so that none can lead round in a circle.
    return complete(inner, { ...configOf(inner.host), jumps: [] }, { env, home, jumps: [] });
  });
  return complete(address, config, { env, home, jumps });
}

interface Around {
  readonly env: Env;
  readonly home: string;
  readonly jumps: readonly SshTarget[];
}

function complete(
  address: SshAddress,
  config: SshHostConfig,
  { env, home, jumps }: Around,
): SshTarget {
  const host = config.hostname ?? address.host;
  const local = env("USER") || env("LOGNAME") || env("USERNAME") || "root";
  const user = address.user ?? config.user ?? local;
  const tokens: Record<string, string> = { d: home, h: host, u: local, r: user, "%": "%" };
  const path = (text: string) =>
    tilde(text, home).replace(/%([dhur%])/g, (_, token: string) => tokens[token]!);
  const chosen = address.identity === undefined ? config.identityFiles : [address.identity];
  const defaults = DEFAULT_KEYS.map((name) => `${home}/.ssh/${name}`);
  const agent = config.identityAgent ?? "SSH_AUTH_SOCK";
  const ownHosts = [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`];
  const knownHosts = config.knownHostsFiles.length > 0
    ? config.knownHostsFiles.map(path)
    : ownHosts;
  return {
    host,
    port: address.port ?? config.port ?? 22,
    user,
    alias: config.hostKeyAlias ?? host,
    identities: chosen.length > 0 ? chosen.map(path) : defaults,
    named: address.identity !== undefined,
    identitiesOnly: address.identity !== undefined || config.identitiesOnly,
    agent: agent === "none"
      ? undefined
      : agent === "SSH_AUTH_SOCK"
      ? env("SSH_AUTH_SOCK") || undefined
      : agent.startsWith("$")
      ? env(agent.slice(1)) || undefined
      : path(agent),
    knownHosts: address.knownHosts === undefined
      ? [...knownHosts, "/etc/ssh/ssh_known_hosts"]
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

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
