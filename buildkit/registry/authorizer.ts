/**
 * Convinces registries: by the login itself (Basic), or by a token of the server that the registry
 * names (Bearer, https://distribution.github.io/distribution/spec/auth/token/). Nothing is looked up
 * before a registry asks.
 */
import type { Credential, CredentialSource } from "../session/credentials.ts";
import { joinScopes } from "../session/scoped_credentials.ts";
import { fetchToken } from "../session/token_fetch.ts";
import { parseChallenges } from "./challenge.ts";

/** The `authorization` of requests. */
export interface Authorizer {
  /**
   * The header for a request; undefined for none, as long as the host has asked for nothing.
   * @param scopes what is to be done: `repository:a/b:pull,push`
   */
  header(host: string, scopes: readonly string[]): Promise<string | undefined>;
  /**
   * Learns from a refusal (401). True when the request is worth another try.
   * @param challenge its `WWW-Authenticate`
   * @param refusals how often this request has been refused by now
   */
  learn(host: string, challenge: string, refusals: number): boolean;
  /** Whether a login was found for a host that asked. */
  hasLogin(host: string): Promise<boolean>;
}

/** How a host wants to be convinced. */
type Way =
  | { readonly kind: "basic" }
  | {
    readonly kind: "bearer";
    readonly realm: string;
    readonly service: string;
    readonly scope: string;
    /** What the registry says of the token that was sent. */
    readonly error: string;
  };

/** Seconds before its end from when on a token is fetched anew. */
const MARGIN = 10;

/** @param caOf certificates of authorities (PEM) that hold for a host's token server, too */
export function authorizer(
  credentials: CredentialSource,
  signal: AbortSignal,
  caOf: (host: string) => readonly string[] = () => [],
): Authorizer {
  const ways = new Map<string, Way>();
  const tokens = new Map<string, { until: number; token: Promise<string> }>();

  async function bearer(host: string, way: Way & { kind: "bearer" }, scopes: readonly string[]) {
    const wanted = joinScopes([...scopes, ...way.scope === "" ? [] : [way.scope]]);
    const key = [host, ...wanted].join(" ");
    const kept = tokens.get(key);
    if (kept && performance.now() < kept.until) return await kept.token;
    const entry = { until: Infinity, token: fetchOne() };
    tokens.set(key, entry);
    return await entry.token;

    async function fetchOne(): Promise<string> {
      try {
        const credential = await credentials.lookup(host, wanted);
        if (credential?.registryToken) return credential.registryToken;
        const request = { host, realm: way.realm, service: way.service, scopes: wanted };
        const { token, expiresIn } = await fetchToken(request, credential, signal, caOf(host));
        entry.until = performance.now() + (expiresIn - MARGIN) * 1000;
        return token;
      } catch (error) {
        tokens.delete(key);
        throw error;
      }
    }
  }

  return {
    async header(host, scopes) {
      const way = ways.get(host);
      if (way === undefined) return undefined;
      if (way.kind === "bearer") return `Bearer ${await bearer(host, way, scopes)}`;
      const credential = await credentials.lookup(host);
      return credential === undefined ? undefined : basic(credential);
    },
    learn(host, challenge, refusals) {
      const way = wayOf(challenge);
      if (way === undefined) return false;
      ways.set(host, way);
      if (refusals === 1) return true;
      // A token may end before its time: once more with a new one.
      if (way.kind !== "bearer" || way.error === "insufficient_scope") return false;
      for (const key of tokens.keys()) if (key.startsWith(`${host} `)) tokens.delete(key);
      return refusals === 2;
    },
    hasLogin: (host) => credentials.has(host),
  };
}

function basic({ username, secret, registryToken }: Credential): string {
  if (registryToken) return `Bearer ${registryToken}`;
  return `Basic ${new TextEncoder().encode(`${username}:${secret}`).toBase64()}`;
}

/** The first challenge that we know an answer to. */
function wayOf(header: string): Way | undefined {
  for (const { scheme, parameters } of parseChallenges(header)) {
    if (scheme === "basic") return { kind: "basic" };
    const { realm, service = "", scope = "", error = "" } = parameters;
    if (scheme === "bearer" && realm !== undefined) {
      return { kind: "bearer", realm, service, scope, error };
    }
  }
  return undefined;
}
