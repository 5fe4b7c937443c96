import { parseIp } from "../../base/ip.ts";
import { connectTcp, formatHostPort } from "../../transports/net/tcp_connect.ts";
import { DialError } from "../../transports/errors.ts";
import type { DialContext } from "../../transports/transport.ts";
import { connectionContext, type Examination, type Finding, take } from "./finding.ts";

/**
 * Finds the addresses of the host that this machine connects to, and tries each. Yields nothing for
 * an endpoint without a port, or for a name without addresses: the connection reports that itself.
 */
export async function* addresses(way: Examination): AsyncGenerator<Finding> {
  const transport = way.registry.find(way.endpoint);
  const site = await transport.site?.(transport.parse(way.endpoint), way.deps.env)
    .catch(() => undefined);
  if (site === undefined || parseIp(site.host) !== undefined) return;
  const { lookup } = await import("node:dns/promises");
  const began = performance.now();
  const found = await lookup(site.host, { all: true }).catch(() => []);
  if (found.length === 0) return;
  const list = [...new Set(found.map(({ address }) => address))];
  yield {
    step: "resolve",
    status: "ok",
    ms: performance.now() - began,
    text: `${site.host} resolves to ${list.join(", ")}`,
    data: { host: site.host, addresses: list },
  };
  for (const host of list) yield await tryAddress({ host, port: site.port }, way);
}

/** If one of several addresses fails, that is a warning only, because another one may work. */
async function tryAddress(
  at: { readonly host: string; readonly port: number },
  way: Examination,
): Promise<Finding> {
  const shown = formatHostPort(at);
  const context: DialContext = connectionContext(way);
  const finding = await take("address", way, async () => {
    (await connectTcp(at, way.endpoint, context)).close();
    return { text: `${shown} accepts connections`, data: { address: shown } };
  });
  const { error } = finding;
  if (!(error instanceof DialError)) return finding;
  const { error: _, ...rest } = finding;
  const text = `${shown}: ${error.problem}`;
  return { ...rest, step: "address", status: "warning", text, data: { address: shown } };
}
