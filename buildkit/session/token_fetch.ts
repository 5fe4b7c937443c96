/**
 * Bearer tokens of a registry, from the server ("realm") that its challenge names.
 *
 * With a login by OAuth2 (POST, https://distribution.github.io/distribution/spec/auth/oauth/); servers
 * that don't know it answer 404, 405, or 401, and get the older GET with Basic authentication
 * (https://distribution.github.io/distribution/spec/auth/token/). Without a login by that GET, as nobody.
 * Proxies of the environment (HTTPS_PROXY, NO_PROXY) hold, as `fetch` knows them.
 */
import type { Credential } from "./credentials.ts";
import { Code, RpcError } from "../grpc/status.ts";

/** What a token is wanted for. */
export interface TokenRequest {
  readonly host: string;
  /** URL of the token server. */
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
}

export interface Token {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds since the epoch; undefined when the server doesn't say. */
  readonly issuedAt: number | undefined;
}

/** What a server means that doesn't say how long a token is good for, in seconds. */
const DEFAULT_EXPIRY = 60;
/** The daemon gives up after 60 s; this is before, so that it hears why. In milliseconds. */
const TIMEOUT = 50_000;
/** Answers of servers that don't know the POST. */
const KNOWS_NO_POST = [401, 404, 405];

/**
 * Gets a token. Throws `RpcError`, which names the server and the status, and holds no secret.
 *
 * @param ca certificates of authorities (PEM) that hold beside the system's
 */
export async function fetchToken(
  request: TokenRequest,
  credential: Credential | undefined,
  signal: AbortSignal,
  ca?: readonly string[],
): Promise<Token> {
  const url = realmUrl(request);
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException(`no answer within ${TIMEOUT / 1000} s`, "TimeoutError")),
    TIMEOUT,
  );
  const either = AbortSignal.any([signal, late.signal]);
  let client: Deno.HttpClient | undefined;
  const ask = async (init: RequestInit, target = url): Promise<Response> => {
    try {
      return await fetch(target, {
        ...init,
        headers: { ...init.headers as Record<string, string>, "user-agent": "fairlead" },
        signal: either,
        ...client && { client },
      });
    } catch (error) {
      signal.throwIfAborted();
      const reason = innermostReason(error);
      if (client === undefined && /UnknownIssuer/.test(reason)) {
        const { httpsClient } = await import("./https_client.ts");
        client = await httpsClient({ ca: ca ?? [] });
        return await ask(init, target);
      }
      throw new RpcError(Code.UNAVAILABLE, `${failure(request, url)}: ${reason}`);
    }
  };
  try {
    if (!credential?.secret) {
      return await tokenOf(request, url, await ask({}, getUrl(url, request)));
    }
    const answer = await ask(post(request, credential));
    const { status } = answer;
    const retry = KNOWS_NO_POST.includes(status) && (status !== 405 || credential.username !== "");
    if (!retry) return await tokenOf(request, url, answer);
    await answer.body?.cancel();
    const basic = new TextEncoder().encode(`${credential.username}:${credential.secret}`)
      .toBase64();
    const headers = { authorization: `Basic ${basic}` };
    return await tokenOf(request, url, await ask({ headers }, getUrl(url, request)));
  } finally {
    clearTimeout(timer);
    client?.close();
  }
}

function realmUrl(request: TokenRequest): URL {
  let url: URL | undefined;
  try {
    url = new URL(request.realm);
  } catch {
    // Told below.
  }
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new RpcError(
    Code.INVALID_ARGUMENT,
    `cannot get a token for ${request.host}: its realm ${
      JSON.stringify(request.realm)
    } is no URL of a web server`,
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

/** The innermost cause says why; the URL before it is cut off, since it may hold what is secret. */
export function innermostReason(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const message = inner instanceof Error ? inner.message : String(inner);
  return message.replace(/^.*?for url \(.*\): (?=client error)/, "").replace(
    / \(os error \d+\)/,
    "",
  );
}

async function tokenOf(request: TokenRequest, url: URL, answer: Response): Promise<Token> {
  if (!answer.ok) {
    await answer.body?.cancel();
    const code = answer.status === 401
      ? Code.UNAUTHENTICATED
      : answer.status === 403
      ? Code.PERMISSION_DENIED
      : Code.UNAVAILABLE;
    throw new RpcError(
      code,
      `${failure(request, url)}: ${answer.status} ${answer.statusText}`.trim(),
    );
  }
  let body: unknown;
  try {
    body = await answer.json();
  } catch {
    throw new RpcError(Code.UNAVAILABLE, `${failure(request, url)}: its answer is no JSON`);
  }
  const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const token = fields["access_token"] || fields["token"];
  if (typeof token !== "string" || token === "") {
    throw new RpcError(Code.UNAVAILABLE, `${failure(request, url)}: its answer holds no token`);
  }
  const expiresIn = Math.trunc(Number(fields["expires_in"])) || DEFAULT_EXPIRY;
  const issued = Date.parse(String(fields["issued_at"]));
  return {
    token,
    expiresIn,
    issuedAt: issued > 0 ? Math.floor(issued / 1000) : undefined,
  };
}

function failure({ host }: TokenRequest, { origin, pathname }: URL): string {
  return `cannot get a token for ${host} from ${origin}${pathname}`;
}
