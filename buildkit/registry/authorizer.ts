/**
 * Authorizes requests to registries: by the login itself (Basic), or by a token of the server that
 * the registry names (Bearer, https://distribution.github.io/distribution/spec/auth/token/). A
 * login is looked up only when a registry asks for one.
 */
import { after } from "../../base/async.ts";
import type { Credential, CredentialSource } from "../session/logins/credentials.ts";
import { joinScopes } from "../session/logins/scoped_credentials.ts";
import { fetchToken } from "../session/logins/token_fetch.ts";
import { parseChallenges } from "./challenge.ts";
import type { Host } from "./hosts.ts";
import { RegistryError } from "./registry_error.ts";
import { clearProblem, realmProblem } from "./targets.ts";

/** The `authorization` of requests. */
export interface Authorizer {
  /**
   * The header for a request; undefined as long as the host has asked for none.
   * @param scopes what the request does: `repository:a/b:pull,push`
   */
  header(host: Host, scopes: readonly string[]): Promise<string | undefined>;
  /**
   * Learns from a refusal (401). True when the request is worth another try.
   * @param challenge the answer's `WWW-Authenticate`; empty for none
   * @param refusals how often this request has been refused by now
   */
  learn(host: Host, challenge: string, refusals: number): boolean;
  /** Whether there is a login for a host. */
  hasLogin(host: string): Promise<boolean>;
}

/** The authentication that a host asks for. */
type Scheme =
  | { readonly kind: "basic" }
  | {
    readonly kind: "bearer";
    readonly realm: string;
    readonly service: string;
    readonly scope: string;
    /** The registry's verdict on the token that was sent. */
    readonly error: string;
  };

/** A token is fetched anew so many seconds before its end. */
const MARGIN = 10;

/**
 * @param patience how long a token server's answer may take, in milliseconds
 * @param caOf certificates of authorities (PEM) that hold for a host's token server, too
 * @param clearLogins the hosts on other machines to which a login may go without TLS
 */
export function authorizer(
  credentials: CredentialSource,
  signal: AbortSignal,
  patience: number,
  caOf: (host: string) => readonly string[] = () => [],
  clearLogins: readonly string[] = [],
): Authorizer {
  const schemes = new Map<string, Scheme>();
  const tokens = new Map<string, { until: number; token: Promise<string> }>();

  /** The host's login. Throws where the login would go unencrypted to another machine. */
  async function loginFor(
    { host, origin }: Host,
    scopes?: readonly string[],
  ): Promise<Credential | undefined> {
    const login = await credentials.lookup(host, scopes);
    const problem = login && URL.canParse(origin) && clearProblem(new URL(origin), clearLogins);
    if (!problem) return login;
    throw new RegistryError(`cannot log in to ${origin}: ${problem}`, {
      ...{ host, code: "denied" },
      hint: `give the registry TLS, or set FAIRLEAD_CLEAR_LOGINS=${host}: everyone on the ` +
        "network can then read the password",
    });
  }

  async function bearer(
    at: Host,
    asked: Scheme & { kind: "bearer" },
    scopes: readonly string[],
  ) {
    const { host, origin } = at;
    const wanted = joinScopes([...scopes, ...asked.scope === "" ? [] : [asked.scope]]);
    const key = [host, ...wanted].join(" ");
    const kept = tokens.get(key);
    if (kept && performance.now() < kept.until) return await kept.token;
    const entry = { until: Infinity, token: fetchOne() };
    tokens.set(key, entry);
    return await entry.token;

    async function fetchOne(): Promise<string> {
      const shown = `cannot get a token for ${host}`;
      const late = new AbortController();
      const stop = after(patience, () =>
        late.abort(
          new RegistryError(`${shown}: no answer within ${patience / 1000} s`, {
            ...{ host, code: "timeout", passing: true },
          }),
        ));
      try {
        const credential = await loginFor(at, wanted);
        if (credential?.registryToken) return credential.registryToken;
        const { realm, service } = asked;
        const problem = credential && URL.canParse(realm) &&
          realmProblem(origin, new URL(realm), clearLogins);
        if (problem) {
          throw new RegistryError(`${shown} from ${JSON.stringify(realm)}: ${problem}`, {
            ...{ host, code: "denied" },
            hint:
              `the registry names that token server: ask the operator of ${host} for one with https`,
          });
        }
        const either = AbortSignal.any([signal, late.signal]);
        const request = { host, realm, service, scopes: wanted };
        const { token, expiresIn } = await fetchToken(request, credential, either, caOf(host));
        entry.until = performance.now() + (expiresIn - MARGIN) * 1000;
        return token;
      } catch (error) {
        tokens.delete(key);
        throw error;
      } finally {
        stop();
      }
    }
  }

  return {
    async header(host, scopes) {
      const asked = schemes.get(host.host);
      if (asked === undefined) return undefined;
      if (asked.kind === "bearer") return `Bearer ${await bearer(host, asked, scopes)}`;
      const credential = await loginFor(host);
      return credential === undefined ? undefined : basic(credential);
    },
    learn({ host }, challenge, refusals) {
      const asked = schemeOf(challenge);
      if (asked === undefined) return false;
      schemes.set(host, asked);
      if (refusals === 1) return true;
      // A token may expire early, so a new one is tried once more.
      if (asked.kind !== "bearer" || asked.error === "insufficient_scope") return false;
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

/** The first challenge of a scheme that is known here. */
function schemeOf(header: string): Scheme | undefined {
  for (const { scheme, parameters } of parseChallenges(header)) {
    if (scheme === "basic") return { kind: "basic" };
    const { realm, service = "", scope = "", error = "" } = parameters;
    if (scheme === "bearer" && realm !== undefined) {
      return { kind: "bearer", realm, service, scope, error };
    }
  }
  return undefined;
}
