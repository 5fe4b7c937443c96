/**
 * Auth: the daemon pulls and pushes with this side's logins.
 *
 * For a registry with bearer tokens the daemon asks for this side's public key (GetTokenAuthority),
 * and then for tokens (FetchToken). So the password never leaves this side. The key proves later
 * that a session may use the tokens of an earlier one (VerifyTokenAuthority). For a registry with
 * Basic authentication, and for a side without a key, the daemon asks for the login itself
 * (Credentials).
 */
import { AuthDefinition as Auth } from "../../proto/gen/auth.ts";
import { pathOf, type Service, unary } from "../grpc/call.ts";
import { Code, RpcError } from "../grpc/status.ts";
import type { CredentialSource } from "./logins/credentials.ts";
import type { TokenAuthority } from "./logins/token_authority.ts";

/** Options of the service. */
export interface AuthOptions {
  /** A source of logins. */
  readonly credentials: CredentialSource;
  /**
   * Undefined (`BUILDKIT_NO_CLIENT_TOKEN`): the daemon fetches tokens itself, with our passwords.
   */
  readonly authority: (() => Promise<TokenAuthority>) | undefined;
  /** Called before each use of a login, once, with a line for the progress: `[auth] …`. */
  readonly note?: (line: string) => void;
}

/** Serves logins. */
export function auth(options: AuthOptions): Service {
  const { credentials, getTokenAuthority, verifyTokenAuthority, fetchToken: token } = Auth.methods;
  const noted = new Set<string>();
  const note = (line: string) => {
    if (!noted.has(line)) options.note?.(line);
    noted.add(line);
  };
  const authority = async () => {
    if (options.authority) return await options.authority();
    throw new RpcError(Code.UNAVAILABLE, "client side tokens disabled");
  };

  return {
    [pathOf(Auth, credentials)]: unary(credentials, async ({ Host: host }) => {
      checkHost(host);
      const credential = await options.credentials.lookup(host);
      if (!credential?.secret) return { Username: "", Secret: "" };
      note(`[auth] sharing credentials for ${host}`);
      return { Username: credential.username, Secret: credential.secret };
    }),
    [pathOf(Auth, token)]: unary(token, async (request, call) => {
      const { Host: host, Realm: realm, Service: service, Scopes: scopes } = request;
      checkHost(host);
      const credential = await options.credentials.lookup(host, scopes);
      if (credential?.registryToken) {
        note(`[auth] sharing the registry token for ${host}`);
        return { Token: credential.registryToken, ExpiresIn: 60n, IssuedAt: 0n };
      }
      const wanted = { host, realm, service, scopes };
      if (credential?.secret) {
        const { checkRealm } = await import("./logins/token_realm.ts");
        await checkRealm(wanted, call.signal);
        const what = scopes.map((scope) => printable(scope.replace(/^repository:/, ""))).join(" ");
        note(`[auth] ${what} token for ${host}`);
      }
      const { fetchToken } = await import("./logins/token_fetch.ts");
      const got = await fetchToken(wanted, credential, call.signal);
      return {
        Token: got.token,
        ExpiresIn: BigInt(got.expiresIn),
        IssuedAt: BigInt(got.issuedAt ?? 0),
      };
    }),
    [pathOf(Auth, getTokenAuthority)]: unary(
      getTokenAuthority,
      async ({ Host: host, Salt: salt }) => {
        checkHost(host);
        const { publicKey } = await authority();
        return { PublicKey: await publicKey(host, salt, await options.credentials.has(host)) };
      },
    ),
    [pathOf(Auth, verifyTokenAuthority)]: unary(
      verifyTokenAuthority,
      async ({ Host: host, Payload: payload, Salt: salt }) => {
        const { sign } = await authority();
        return { Signed: await sign(host, salt, payload, await options.credentials.has(host)) };
      },
    ),
  };
}

/** Throws INVALID_ARGUMENT for an invalid host: a host becomes a part of a line, and of a URL. */
function checkHost(host: string): void {
  if (/^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]+)?$/.test(host)) return;
  throw new RpcError(Code.INVALID_ARGUMENT, `${JSON.stringify(host)} is not a registry's host`);
}

/** Makes a text of the daemon's safe inside a line of ours: it must not begin another line. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "?");
}
