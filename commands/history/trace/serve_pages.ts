import type { Deps } from "../../../cli/deps.ts";
import { openUrl } from "../records/open_url.ts";
import { pageResponse, type SecretServer, serveSecretly } from "../open/secret_server.ts";
import { onAbort } from "../../../base/async.ts";

/** Pages by their path; the first page has the path `""`. */
export type Pages = Readonly<Record<string, string>>;

/**
 * Shows pages in the browser, from an address of this machine, until the command is interrupted.
 * Throws `UsageError` for an address that can't be taken.
 */
export async function servePages(
  pages: Pages,
  address: string,
  deps: Pick<Deps, "stderr" | "signal" | "listen">,
): Promise<void> {
  await deps.listen();
  const stopped = Promise.withResolvers<void>();
  using _stopping = onAbort(deps.signal, stopped.resolve);
  await using served = startPages(pages, address);
  deps.stderr.write(`Trace available at ${served.url}, until Ctrl-C\n`);
  // Without a desktop there is still the address.
  await openUrl(served.url, deps).catch(() => {});
  await stopped.promise;
}

/**
 * Serves pages on a port of this machine. Throws `UsageError` for an address that can't be taken.
 */
export function startPages(pages: Pages, address: string): SecretServer {
  const texts = new Map(Object.entries(pages));
  return serveSecretly(address, (path) => {
    const text = texts.get(path);
    return text === undefined ? undefined : pageResponse(text, { isServed: false });
  });
}
