import { SshConfigError } from "./config_error.ts";
import type { Env } from "../../transport.ts";

/** The values of OpenSSH's tokens (ssh_config(5), "TOKENS"). */
export interface SshNames {
  readonly home: string;
  /** The host to connect to; `typed` is the host as it was typed. */
  readonly host: string;
  readonly typed: string;
  readonly port: number;
  /** The user on the server; `localUser` is the user on this machine. */
  readonly user: string;
  readonly localUser: string;
  /** The host's name in known_hosts. */
  readonly alias?: string | undefined;
  /** `ProxyJump` as written. */
  readonly jumps?: string | undefined;
}

/** The tokens' values by their letters. */
type SshTokens = Readonly<Record<string, string>>;

export async function tokensOf(of: SshNames): Promise<SshTokens> {
  const { home, host, typed, port, user, localUser, alias = host, jumps = "" } = of;
  const own = Deno.hostname();
  const all = new TextEncoder().encode(`${own}${host}${port}${user}${jumps}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", all)).toHex();
  return {
    ...{ "%": "%", C: hash, d: home, h: host, i: String(Deno.uid() ?? ""), j: jumps, k: alias },
    ...{ L: own.replace(/\..*/, ""), l: own, n: typed, p: String(port), r: user, u: localUser },
  };
}

/**
 * Replaces `~`, `${VARIABLE}` and tokens in a path or another text that isn't a command. Throws
 * `SshConfigError` for an unknown token and for a variable that isn't set.
 * @param what names the text in errors
 */
export function expandText(text: string, tokens: SshTokens, env: Env, what: string): string {
  const whole = text === "~" || text.startsWith("~/") ? tokens.d + text.slice(1) : text;
  const filled = whole.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = env(name);
    if (value !== undefined) return value;
    throw new SshConfigError(
      `${what} ${text}`,
      `$${name} is not set`,
      "set it, or write its value",
    );
  });
  return replaced(filled, tokens, `${what} ${text}`);
}

function replaced(text: string, tokens: SshTokens, what: string): string {
  return text.replace(/%(.?)/gs, (_, token: string) => {
    const value = tokens[token];
    if (value !== undefined) return value;
    const known = Object.keys(tokens).map((one) => `%${one}`).sort().join(" ");
    throw new SshConfigError(
      what,
      `the token %${token} is not known to fairlead`,
      `it knows ${known}; a percent sign is written %%`,
    );
  });
}

/** Characters that a shell would interpret. */
const SHELL = /[\s'"`$\\;&<>|(){}[\]!*?#~]|^-/;

/**
 * Expands a command line for the user's shell. Throws `SshConfigError` for an unknown token, and
 * for a name that the shell would not take as one word. A name may come from a builder or a
 * Dockerfile's folder.
 * @param what names the command in the error
 */
export function expandCommand(text: string, tokens: SshTokens, what: string): string {
  for (const [, token = ""] of text.matchAll(/%(.?)/gs)) {
    const name = tokens[token] ?? "";
    if (!/[hjknru]/.test(token) || !SHELL.test(name)) continue;
    const shown = `${JSON.stringify(name)} (%${token})`;
    throw new SshConfigError(
      what,
      `${shown} can't be used in a command: a shell would not read it as one word`,
      "name the host and the user without characters of the shell",
    );
  }
  return replaced(text, tokens, what);
}
