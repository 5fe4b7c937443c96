import type { Deps } from "../../../cli/deps.ts";
import { UsageError } from "../../../base/usage_error.ts";
import { openUrl } from "../open_url.ts";

/**
 * Shows pages in the browser, from an address of this machine, until the command is interrupted.
 * Throws `UsageError` for an address that can't be taken.
 */
export async function servePages(
  pages: readonly string[],
  address: string,
  deps: Pick<Deps, "stderr" | "signal" | "listening">,
): Promise<void> {
  await deps.listening;
  const stopped = Promise.withResolvers<void>();
  deps.signal.addEventListener("abort", () => stopped.resolve(), { once: true });
  await using served = startPages(pages, address);
  deps.stderr.write(`Trace available at ${served.url}, until Ctrl-C\n`);
  // Without a desktop there is still the address.
  await openUrl(served.url, deps).catch(() => {});
  await stopped.promise;
}

/** Pages on a port of this machine; disposing of them closes it. */
export interface ServedPages extends AsyncDisposable {
  /** The address of the first page. Its path holds a secret, which only the user learns. */
  readonly url: string;
}

/**
 * Serves pages, several of them below each other. On a loopback address the `Host` header must be that
 * address: a page of another site can make its own name resolve to it (DNS rebinding).
 * Throws `UsageError` for an address that can't be taken.
 */
export function startPages(pages: readonly string[], address: string): ServedPages {
  const secret = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const texts = new Map(pages.map((page, at) => [`/${secret}/${at + 1}`, page]));
  const all = pages.length === 1 ? pages[0]! : framed([...texts.keys()]);
  texts.set(`/${secret}/`, all);
  const hosts = new Set<string>();
  const server = serve(address, (request) => {
    const host = request.headers.get("host") ?? "";
    // The URL is made of that header, so it is read only after the check.
    const isKnown = hosts.size === 0 || hosts.has(host.toLowerCase());
    const page = isKnown ? texts.get(new URL(request.url).pathname) : undefined;
    return page === undefined ? refusal(404) : new Response(page, { headers: HEADERS });
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

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

function refusal(status: number): Response {
  return new Response(status === 404 ? "not found\n" : "bad request\n", { status });
}

function serve(address: string, handler: (request: Request) => Response) {
  const [, hostname, port] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(address) ?? [];
  const hint = "write it as 127.0.0.1:8080; port 0 takes one that is free";
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
    const reason = (error as Error).message;
    throw new UsageError(`cannot take the address ${JSON.stringify(address)}: ${reason}`, hint);
  }
}

function framed(paths: readonly string[]): string {
  const frames = paths.map((path) => `<iframe src="${path}" title="${path}"></iframe>`).join("");
  return `<!DOCTYPE html><title>Two builds</title>
<style>body{margin:0}iframe{display:block;width:100%;height:${
    100 / paths.length
  }vh;border:0}</style>
${frames}`;
}
