import type { Deps } from "../../../cli/deps.ts";
import { UsageError } from "../../../base/usage_error.ts";
import { openUrl } from "../open_url.ts";

/**
 * Shows pages in the browser, from an address of this machine, until the command is interrupted.
 * Several are shown below each other. Throws `UsageError` for an address that can't be taken.
 */
export async function servePages(
  pages: readonly string[],
  address: string,
  deps: Pick<Deps, "stderr" | "signal">,
): Promise<void> {
  const texts = new Map(pages.map((page, at) => [`/${at + 1}`, page]));
  texts.set("/", pages.length === 1 ? pages[0]! : framed([...texts.keys()]));
  const stopped = Promise.withResolvers<void>();
  deps.signal.addEventListener("abort", () => stopped.resolve(), { once: true });
  await using server = serve(address, (request) => {
    const page = texts.get(new URL(request.url).pathname);
    return page === undefined
      ? new Response("not found\n", { status: 404 })
      : new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  });
  const { hostname, port } = server.addr;
  const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  deps.stderr.write(`Trace available at ${url}, until Ctrl-C\n`);
  // Who has no desktop has the address.
  await openUrl(url, deps).catch(() => {});
  await stopped.promise;
}

function serve(address: string, handler: (request: Request) => Response) {
  const [, hostname, port] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(address) ?? [];
  const hint = "write it as 127.0.0.1:8080; port 0 takes one that is free";
  if (port === undefined) {
    throw new UsageError(`cannot take the address ${JSON.stringify(address)}`, hint);
  }
  try {
    const options = { hostname: hostname || "127.0.0.1", port: Number(port), onListen() {} };
    return Deno.serve(options, handler);
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
