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
