/** Answers and failures of registries in words, each with what to do about it. */
import { RpcError } from "../grpc/status.ts";
import { innermostReason } from "../session/token_fetch.ts";
import type { Authorizer } from "./authorizer.ts";
import type { Host } from "./hosts.ts";
import { RegistryError, type RegistryErrorCode } from "./registry_error.ts";
import type { Ask } from "./requests.ts";

/** What a refused request means. Reads the answer's body. */
export async function refusal(
  response: Response,
  { doing, method }: Ask,
  { host }: Host,
  authorizer: Authorizer,
): Promise<RegistryError> {
  const said = await saidOf(response);
  const { status } = response;
  const error = (message: string, code: RegistryErrorCode, hint?: string) =>
    new RegistryError(`${doing}: ${message}${said && `: ${said}`}`, {
      ...{ host, code, status },
      ...hint !== undefined && { hint },
    });
  const pushing = method !== "GET" && method !== "HEAD";
  switch (status) {
    case 401:
    case 403: {
      const what = pushing ? "push" : "pull";
      const hasLogin = await authorizer.hasLogin(host);
      return error(
        `${what} access denied, repository does not exist or may require authorization`,
        status === 401 ? "unauthorized" : "denied",
        hasLogin
          ? `the login for ${host} may not ${what} there: check the name, or log in as another user ` +
            `(docker login ${host})`
          : `there is no login for ${host}: run 'docker login ${host}', or put one into docker's ` +
            "config.json",
      );
    }
    case 404:
      return error("not found", "not-found", "check the image's name and tag");
    case 429:
      return error(
        "too many requests",
        "throttled",
        "wait a while, or log in: registries allow more to those they know",
      );
  }
  if (status === 400 && /HTTP request to an HTTPS server/i.test(said)) {
    return error(
      `${host} speaks TLS and was asked without`,
      "tls",
      `give the builder a buildkitd.toml with [registry.${JSON.stringify(host)}] http = false`,
    );
  }
  const text = `unexpected status from ${method} request to ${shownUrl(response)}: ${status}`;
  return error(`${text} ${response.statusText}`.trimEnd(), "unexpected");
}

/** What the registry gives as its reasons, on one line. */
async function saidOf(response: Response): Promise<string> {
  const body = await response.text().catch(() => "");
  let text = body.length < 200 && !/^\s*</.test(body) ? body : "";
  try {
    const { errors } = JSON.parse(body) as { errors?: { code?: unknown; message?: unknown }[] };
    text = (errors ?? []).map(({ code, message }) => String(message || code)).join(", ");
  } catch {
    // No JSON: taken as it is.
  }
  // deno-lint-ignore no-control-regex -- a stranger's text must not reach the terminal as it is
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim().slice(0, 300);
}

/** Without a query, which may hold what is secret. */
function shownUrl({ url }: Response): string {
  return url.replace(/[?#].*$/s, "");
}

/** What it means that no answer came. */
export function explainFailure(error: unknown, { doing }: Ask, host: Host): RegistryError {
  const name = host.host;
  const failed = (message: string, code: RegistryErrorCode, hint?: string) =>
    new RegistryError(`${doing}: ${message}`, {
      ...{ host: name, code, cause: error },
      ...hint !== undefined && { hint },
    });
  if (error instanceof RpcError) {
    const refused = /: 40[0-3]\b/.test(error.message);
    return failed(
      `failed to authorize: ${error.message}`,
      refused ? "unauthorized" : "unreachable",
      refused ? `check the login for ${name}: docker login ${name}` : undefined,
    );
  }
  const reason = innermostReason(error);
  const toml = `[registry.${JSON.stringify(name)}]`;
  if (/UnknownIssuer|self.signed|unable to (?:get|verify)/i.test(reason)) {
    return failed(
      `the certificate of ${name} is signed by an authority that is unknown here`,
      "tls",
      `add its CA to the system's, or give the builder a buildkitd.toml with ${toml} ca = ["FILE"]`,
    );
  }
  if (/NotValidForName|not valid for (?:any )?name/i.test(reason)) {
    return failed(`the certificate of ${name} is for another name: ${reason}`, "tls");
  }
  if (/expired/i.test(reason)) {
    return failed(`the certificate of ${name} expired`, "tls", "renew it, or check this clock");
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
      `a registry that wants a certificate of ours gets it by a buildkitd.toml with ` +
        `[[registry.${JSON.stringify(name)}.keypair]]`,
    );
  }
  if (/dns error|lookup address|ENOTFOUND/i.test(reason)) {
    return failed(`no such host: ${name}`, "unreachable", "check the image's name");
  }
  return failed(`cannot reach ${name}: ${reason}`, "unreachable", "check that the registry is up");
}
