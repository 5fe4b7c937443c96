import { contentPolicy } from "../../../progress/timeline/document.ts";
import { UsageError } from "../../../base/usage_error.ts";

/** A server on a port of this machine; disposing of it waits for the answers that are under way. */
export interface SecretServer extends AsyncDisposable {
  /** The address of its first page. The path holds a secret, which only the user learns. */
  readonly url: string;
}

/** Answers a request for a path below the secret, `""` for the first page; undefined for none. */
export type Answer = (
  path: string,
  request: Request,
) => Response | undefined | Promise<Response | undefined>;

/**
 * Serves pages about builds to who knows their address. Nobody else gets an answer:
 *
 * - The path begins with a secret of 128 bits.
 * - On a loopback address the `Host` header must be that address: a page of another site can make
 *   its own name resolve to it (DNS rebinding).
 * - A request that a browser sends for a page of another site (`Origin`, `Sec-Fetch-Site`) is
 *   refused.
 * - A page can't be framed by another site, and sends no address of ours to one.
 *
 * Throws `UsageError` for an address that can't be taken.
 */
export function serveSecretly(address: string, answer: Answer): SecretServer {
  const secret = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const hosts = new Set<string>();
  const server = serve(address, async (request) => {
    const host = request.headers.get("host") ?? "";
    // The URL is made of that header, so it is read only after the check.
    if (hosts.size > 0 && !hosts.has(host.toLowerCase())) return refusal(404);
    if (isForeign(request, host)) return refusal(403);
    const path = new URL(request.url).pathname;
    const start = `/${secret}/`;
    if (!path.startsWith(start)) return refusal(404);
    if (request.method !== "GET" && request.method !== "HEAD") return refusal(405);
    const response = await answer(path.slice(start.length), request) ?? refusal(404);
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  });
  const { hostname, port } = server.addr;
  const name = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (/^(?:127\.|\[::1\])/.test(name)) {
    for (const host of [name, "localhost"]) hosts.add(`${host}:${port}`);
  }
  return {
    url: `http://${name}:${port}/${secret}/`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Whether a page of another site has sent it. */
function isForeign({ headers }: Request, host: string): boolean {
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return true;
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return false;
  // A link on another page may lead here; it needs the secret, and shows a page to the user alone.
  return headers.get("sec-fetch-mode") !== "navigate" ||
    headers.get("sec-fetch-dest") !== "document";
}

/** The answer with a page of `htmlDocument`. */
export function pageResponse(html: string, { isServed }: { isServed: boolean }): Response {
  const policy = `${contentPolicy(isServed)}; frame-ancestors 'none'`;
  const type = "text/html; charset=utf-8";
  return new Response(html, {
    headers: { "content-type": type, "content-security-policy": policy },
  });
}

const HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const REFUSALS: Readonly<Record<number, string>> = {
  403: "not for another site\n",
  404: "not found\n",
  405: "only GET\n",
};

function refusal(status: number): Response {
  return new Response(REFUSALS[status] ?? "bad request\n", {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

function serve(address: string, handler: (request: Request) => Promise<Response>) {
  const [, hostname, port] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(address) ?? [];
  const hint = "write it as 127.0.0.1:8080; port 0 takes a free port";
  if (port === undefined) {
    throw new UsageError(`cannot take the address ${JSON.stringify(address)}`, hint);
  }
  try {
    return Deno.serve({
      hostname: hostname || "127.0.0.1",
      port: Number(port),
      onListen() {},
      // Deno would print a stack trace for a request that it can't make a URL of.
      onError: () => refusal(400),
    }, handler);
  } catch (error) {
    throw new UsageError(
      `cannot take the address ${JSON.stringify(address)}: ${(error as Error).message}`,
      "choose another port, or port 0 for a free one",
    );
  }
}
