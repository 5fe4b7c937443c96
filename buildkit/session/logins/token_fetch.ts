/**
 * Bearer tokens of a registry, from the server ("realm") that its challenge names.
 *
 * With a login, OAuth2 is used (POST,
 * https://distribution.github.io/distribution/spec/auth/oauth/). Servers that don't know it answer
 * 404, 405, or 401, and get the older GET with Basic authentication
 * (https://distribution.github.io/distribution/spec/auth/token/). Without a login, that GET is sent
 * anonymously. Proxies of the environment (HTTPS_PROXY, NO_PROXY) are used, as `fetch` does.
 */
import { fieldsOf } from "../../../base/json.ts";
import type { Credential } from "./credentials.ts";
import { Code, RpcError } from "../../grpc/status.ts";
import { type Answer, openWeb } from "./web.ts";

/** A request for a token. */
export interface TokenRequest {
  readonly host: string;
  /** URL of the token server. */
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
}

interface Token {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds since the epoch; undefined when the server doesn't say. */
  readonly issuedAt: number | undefined;
}

/** The validity of a token whose server names none, in seconds. */
const DEFAULT_EXPIRY = 60;
/** The longest validity that is passed on, in seconds: 68 years. */
const LONGEST_EXPIRY = 2 ** 31 - 1;
/** Answers of servers that don't know the POST. */
const KNOWS_NO_POST = [401, 404, 405];

/**
 * Gets a token. A request with a login follows no redirect. Throws `RpcError`, which names the
 * server and the status, and holds no secret.
 * @param ca certificates of authorities (PEM) besides the system's
 */
export async function fetchToken(
  request: TokenRequest,
  credential: Credential | undefined,
  signal: AbortSignal,
  ca: readonly string[] = [],
): Promise<Token> {
  const url = realmUrl(request);
  const unreachable = (reason: string) =>
    new RpcError(Code.UNAVAILABLE, `${failure(request, url)}: ${reason}`);
  using web = openWeb({ signal, ca, failure: unreachable });
  if (!credential?.secret) {
    return await tokenOf(request, url, await web.ask(getUrl(url, request), {}));
  }
  const login = (init: RequestInit, target = url) =>
    web.ask(target, { ...init, redirect: "manual" });
  const answer = await login(post(request, credential));
  const { status } = answer;
  const retry = KNOWS_NO_POST.includes(status) && (status !== 405 || credential.username !== "");
  if (!retry) return await tokenOf(request, url, answer);
  const basic = new TextEncoder().encode(`${credential.username}:${credential.secret}`).toBase64();
  const headers = { authorization: `Basic ${basic}` };
  return await tokenOf(request, url, await login({ headers }, getUrl(url, request)));
}

/** The realm as a URL of a web server. Throws `RpcError` INVALID_ARGUMENT. */
export function realmUrl(request: TokenRequest): URL {
  const url = URL.parse(request.realm);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new RpcError(
    Code.INVALID_ARGUMENT,
    `cannot get a token for ${request.host}: its realm ${
      JSON.stringify(request.realm)
    } is not an http or https URL`,
  );
}

function getUrl(realm: URL, { service, scopes }: TokenRequest): URL {
  const url = new URL(realm);
  if (service !== "") url.searchParams.append("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  return url;
}

/** An identity token is an OAuth2 refresh token. */
function post({ service, scopes }: TokenRequest, { username, secret }: Credential): RequestInit {
  const form = new URLSearchParams({ service, client_id: "buildkit-client" });
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  if (username === "") {
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", secret);
  } else {
    form.set("grant_type", "password");
    form.set("username", username);
    form.set("password", secret);
  }
  return { method: "POST", body: form };
}

function tokenOf(request: TokenRequest, url: URL, { status, statusText, text }: Answer): Token {
  if (status >= 300 && status < 400) {
    throw new RpcError(
      Code.PERMISSION_DENIED,
      `${failure(request, url)}: it redirects to another address, to which no login is sent`,
    );
  }
  if (status < 200 || status > 299) {
    const code = status === 401
      ? Code.UNAUTHENTICATED
      : status === 403
      ? Code.PERMISSION_DENIED
      : Code.UNAVAILABLE;
    throw new RpcError(code, `${failure(request, url)}: ${status} ${statusText}`.trim());
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RpcError(Code.UNAVAILABLE, `${failure(request, url)}: its answer is not valid JSON`);
  }
  const fields = fieldsOf(body);
  const token = fields["access_token"] || fields["token"];
  if (typeof token !== "string" || token === "") {
    throw new RpcError(Code.UNAVAILABLE, `${failure(request, url)}: its answer holds no token`);
  }
  const expiresIn = Math.trunc(Number(fields["expires_in"]));
  const issued = Date.parse(String(fields["issued_at"]));
  return {
    token,
    expiresIn: expiresIn > 0 ? Math.min(expiresIn, LONGEST_EXPIRY) : DEFAULT_EXPIRY,
    issuedAt: issued > 0 ? Math.floor(issued / 1000) : undefined,
  };
}

function failure({ host }: TokenRequest, { origin, pathname }: URL): string {
  return `cannot get a token for ${host} from ${origin}${pathname}`;
}
