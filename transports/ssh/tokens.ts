import { SshConfigError } from "./config_error.ts";
import type { Env } from "../transport.ts";

/** What OpenSSH's tokens (ssh_config(5), "TOKENS") stand for. */
export interface SshNames {
  readonly home: string;
  /** To connect to, and as it was typed. */
  readonly host: string;
  readonly typed: string;
  readonly port: number;
  /** There, and here. */
  readonly user: string;
  readonly localUser: string;
  /** What known_hosts calls it. */
  readonly alias?: string | undefined;
  /** `ProxyJump` as written. */
  readonly jumps?: string | undefined;
}

/** By their letters. */
export type SshTokens = Readonly<Record<string, string>>;

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
 * A path, or another text that isn't a command, with its `~`, `${VARIABLE}` and tokens replaced.
 * Throws `SshConfigError` for a token that isn't known, and a variable that isn't set.
 * @param what has the text, for errors
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

/** What a shell would take as its own. */
const SHELL = /[\s'"`$\\;&<>|(){}[\]!*?#~]|^-/;

/**
 * A command line for the user's shell. Throws `SshConfigError` for a token that isn't known, and for a
 * name (which may come from anywhere: a builder, a Dockerfile's folder) that the shell would not take
 * as a word.
 * @param what the command is, for the error
 */
export function expandCommand(text: string, tokens: SshTokens, what: string): string {
  for (const [, token = ""] of text.matchAll(/%(.?)/gs)) {
    const name = tokens[token] ?? "";
    if (!/[hjknru]/.test(token) || !SHELL.test(name)) continue;
    const shown = `${JSON.stringify(name)} (%${token})`;
    throw new SshConfigError(
      what,
      `${shown} can't stand in a command: a shell would not take it as a word`,
      "name the host and the user without characters of the shell",
    );
  }
  return replaced(text, tokens, what);
}
