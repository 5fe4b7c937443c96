import type { Registry } from "../../../transports/registry.ts";
import type { Connection } from "../../../transports/transport.ts";
import { PATIENCE, soon } from "../../../transports/contract/expect.ts";
import type { Kit } from "./subject.ts";

/**
 * Asks the daemon for its version over a connection that `dial` makes. Rejects as connecting does.
 */
export async function askDaemon(
  kit: Kit,
  dial: () => Promise<Connection>,
  ms = PATIENCE,
): Promise<{ version: string; peer: string }> {
  const { connect } = await import("../../../buildkit/connect.ts");
  const { transport, deps, url } = kit;
  const find = () => ({
    ...transport,
    options: transport.options,
    dial,
  });
  const registry: Registry = { ...deps.registry, find };
  const client = await soon(
    connect({ registry, endpoint: url, tls: {}, context: kit.context() }),
    "the connection",
    ms,
  );
  try {
    const asked = Promise.all([client.info(), client.listWorkers()]);
    const [info] = await soon(asked, "the daemon's answer", ms);
    return { version: info?.version ?? "of unknown version", peer: client.peer };
  } finally {
    await client.close();
  }
}
