/** Answers and failures of registries in words, each with a remedy. */
import { Code, RpcError } from "../grpc/status.ts";
import { innermostReason } from "../session/logins/web.ts";
import type { Host } from "./hosts.ts";
import { RegistryError, type RegistryErrorCode } from "./registry_error.ts";
import { retryAfter } from "./repeat.ts";
import type { Ask, Client } from "./requests.ts";
import { chunksOf, readAll } from "./verify.ts";

/** Statuses after which the same request may succeed. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** The most that is read of a refusal's body, in bytes. */
const LARGEST_REASON = 64 << 10;

/** The error for an answer of 400 or more. Reads the answer's body. */
export async function refusal(
  response: Response,
  request: Ask,
  host: Host,
  client: Client,
): Promise<RegistryError> {
  const said = await reasonsOf(response, request, host, client);
  const { shown, method } = request;
  const { status, headers } = response;
  const name = host.host;
  const error = (message: string, code: RegistryErrorCode, hint?: string) =>
    new RegistryError(`${shown}: ${message}${said && `: ${said}`}`, {
      ...{ host: name, code, status, passing: PASSING.has(status) },
      retryAfter: retryAfter(headers.get("retry-after"), Date.now()),
      ...hint !== undefined && { hint },
    });
  const pushing = method !== "GET" && method !== "HEAD";
  switch (status) {
    case 401:
    case 403: {
      const what = pushing ? "push" : "pull";
      const hasLogin = await client.authorizer.hasLogin(name);
      return error(
        `${what} access denied, repository does not exist or may require authorization`,
        status === 401 ? "unauthorized" : "denied",
        hasLogin
          ? `the login for ${name} may not ${what} there: check the name, or log in as another user ` +
            `(docker login ${name})`
          : `there is no login for ${name}: run 'docker login ${name}', or put one into docker's ` +
            "config.json",
      );
    }
    case 404:
      return error("not found", "not-found", "check the image's name and tag");
    case 429:
      return error(
        "too many requests",
        "throttled",
        "wait a while, or log in: registries allow more requests with a login",
      );
  }
  if (status === 400 && /HTTP request to an HTTPS server/i.test(said)) {
    return error(
      `${name} expects TLS, but the request had none`,
      "tls",
      `give the builder a buildkitd.toml with [registry.${JSON.stringify(name)}] http = false`,
    );
  }
  const text = `unexpected status from ${method} request to ${shownUrl(response)}: ${status}`;
  return error(`${text} ${response.statusText}`.trimEnd(), "unexpected");
}

/** The reasons that a registry gives, on one line; empty where it gives none. */
async function reasonsOf(
  response: Response,
  { shown }: Ask,
  host: Host,
  client: Client,
): Promise<string> {
  const origin = { client, host, shown };
  const read = readAll(chunksOf(response, origin), LARGEST_REASON, origin);
  const body = await read.then((bytes) => new TextDecoder().decode(bytes), (error) => {
    if (!(error instanceof RegistryError)) throw error;
    return "";
  });
  let text = body.length < 200 && !/^\s*</.test(body) ? body : "";
  try {
    const { errors } = JSON.parse(body) as { errors?: { code?: unknown; message?: unknown }[] };
    text = (errors ?? []).map(({ code, message }) => String(message || code)).join(", ");
  } catch {
    // The body isn't a registry's JSON: the text itself is the reason.
  }
  // deno-lint-ignore no-control-regex -- a stranger's text must not reach the terminal as it is
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim().slice(0, 300);
}

/** A URL without its query, which may hold a secret. */
function shownUrl({ url }: Response): string {
  return url.replace(/[?#].*$/s, "");
}

/** The error for a redirect that isn't followed. */
export function brokenRedirect(problem: string, { shown }: Ask, { host }: Host): RegistryError {
  return new RegistryError(`${shown}: ${host} redirects ${problem}`, {
    ...{ host, code: "unexpected" },
    hint: "the registry is broken, or not to be trusted: check the image's name",
  });
}

/** The error for an answer that didn't begin in time. `patience` is in milliseconds. */
export function noAnswer({ shown }: Ask, { host }: Host, patience: number): RegistryError {
  return new RegistryError(`${shown}: no answer from ${host} within ${patience / 1000} s`, {
    ...{ host, code: "timeout", passing: true },
    hint: "check that the registry is running, and that no firewall or proxy drops the connection",
  });
}

/**
 * The error for a request that got no answer.
 * @param answered whether the host has answered before: it is then known to be there
 */
export function explainFailure(
  error: unknown,
  { shown }: Ask,
  host: Host,
  answered: boolean,
): RegistryError {
  const name = host.host;
  const failed = (message: string, code: RegistryErrorCode, hint?: string, passing = false) =>
    new RegistryError(`${shown}: ${message}`, {
      ...{ host: name, code, passing, cause: error },
      ...hint !== undefined && { hint },
    });
  if (error instanceof RpcError) {
    const refused = /: 40[0-3]\b/.test(error.message);
    return failed(
      `failed to authorize: ${error.message}`,
      refused ? "unauthorized" : "unreachable",
      refused ? `check the login for ${name}: docker login ${name}` : undefined,
      !refused && error.code === Code.UNAVAILABLE,
    );
  }
  const reason = innermostReason(error);
  const toml = `[registry.${JSON.stringify(name)}]`;
  if (/UnknownIssuer|self.signed|unable to (?:get|verify)/i.test(reason)) {
    return failed(
      `the certificate of ${name} is signed by an unknown authority`,
      "tls",
      `add its CA to the system's, or give the builder a buildkitd.toml with ${toml} ca = ["FILE"]`,
    );
  }
  if (/NotValidForName|not valid for (?:any )?name/i.test(reason)) {
    return failed(`the certificate of ${name} is for another name: ${reason}`, "tls");
  }
  if (/expired/i.test(reason)) {
    return failed(
      `the certificate of ${name} expired`,
      "tls",
      "renew it, or check this machine's clock",
    );
  }
  if (/InvalidContentType|wrong version number/i.test(reason)) {
    return failed(
      `${name} doesn't speak TLS`,
      "tls",
      `give the builder a buildkitd.toml with ${toml} http = true`,
    );
  }
  if (/certificate|alert|tls|handshake/i.test(reason)) {
    return failed(
      `the TLS handshake with ${name} failed: ${reason}`,
      "tls",
      `if the registry demands a client certificate, give the builder a buildkitd.toml with ` +
        `[[registry.${JSON.stringify(name)}.keypair]]`,
      /eof|reset/i.test(reason),
    );
  }
  if (/dns error|lookup address|ENOTFOUND/i.test(reason)) {
    return failed(
      `the name ${JSON.stringify(name.replace(/:\d+$/, ""))} can't be resolved`,
      "unreachable",
      "check the image's name, and that DNS or the hosts file knows the registry",
      answered,
    );
  }
  const absent = /refused|unreachable|no route/i.test(reason) && !answered;
  const hint = "check that the registry is running and listens on this address and port";
  return failed(`cannot reach ${name}: ${plainReason(reason)}`, "unreachable", hint, !absent);
}

/** The words that errors of all other connections have (transports/net/tcp_connect.ts). */
function plainReason(reason: string): string {
  if (/ECONNREFUSED|connection refused/i.test(reason)) return "connection refused";
  if (/ENETUNREACH/.test(reason)) return "no route to the network";
  if (/EHOSTUNREACH|no route to host/i.test(reason)) return "no route to the host";
  if (/ETIMEDOUT/.test(reason)) return "the host did not answer";
  if (/ECONNRESET/.test(reason)) return "the host dropped the connection";
  return reason;
}
