import { SshConfigError } from "./config_error.ts";

/** What OpenSSH's tokens (ssh_config(5), "TOKENS") stand for. */
export interface SshTokens {
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
}

/** The text with its tokens replaced; those that aren't known stay. */
export function expandTokens(text: string, of: SshTokens): string {
  const tokens: Readonly<Record<string, () => string>> = {
    "%": () => "%",
    d: () => of.home,
    h: () => of.host,
    i: () => String(Deno.uid() ?? ""),
    k: () => of.alias ?? of.host,
    L: () => Deno.hostname().replace(/\..*/, ""),
    l: () => Deno.hostname(),
    n: () => of.typed,
    p: () => String(of.port),
    r: () => of.user,
    u: () => of.localUser,
  };
  return text.replace(/%([%dhikLlnpru])/g, (_, token: string) => tokens[token]!());
}

/** What a shell would take as its own. */
const SHELL = /[\s'"`$\\;&<>|(){}[\]!*?#~]|^-/;

/**
 * A command line for the user's shell. Throws `SshConfigError` for a token that isn't known, and for a
 * name (which may come from anywhere: a builder, a Dockerfile's folder) that the shell would not take
 * as a word.
 * @param what the command is, for the error
 */
export function expandCommand(text: string, of: SshTokens, what: string): string {
  const tokens = new Set(Array.from(text.matchAll(/%(.?)/gs), ([, token]) => token!));
  const unknown = [...tokens].find((token) => !/^[%dhikLlnpru]$/.test(token));
  if (unknown !== undefined) {
    throw new SshConfigError(
      what,
      `the token %${unknown} is not known to fairlead`,
      "it knows %% %d %h %i %k %L %l %n %p %r %u",
    );
  }
  const names = { h: of.host, n: of.typed, k: of.alias ?? of.host, r: of.user, u: of.localUser };
  for (const [token, name] of Object.entries(names)) {
    if (!tokens.has(token) || !SHELL.test(name)) continue;
    throw new SshConfigError(
      what,
      `${
        JSON.stringify(name)
      } (%${token}) can't stand in a command: a shell would not take it as a word`,
      "name the host and the user without characters of the shell",
    );
  }
  return expandTokens(text, of);
}
