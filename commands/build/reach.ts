import { readDriverOptions } from "../../builders/driver_options.ts";
import type { StoredNode } from "../../builders/node_group.ts";
import { nodeRegistry } from "../../builders/node_registry.ts";
import type { Client } from "../../buildkit/client.ts";
import { DialError } from "../../transports/errors.ts";
import type { Deps } from "../deps.ts";
import type { Progress } from "../progress/progress.ts";

/** How long reaching the builder may take, in milliseconds; as buildx has it. */
const DIAL_TIMEOUT = 20_000;
/** Between two attempts, in milliseconds. */
const PAUSE = 1000;

/**
 * Connects to a node. What may mend by itself, as with a daemon that is just starting, is tried once
 * more after a second; the wait is shown. Throws the last attempt's error, or the signal's reason.
 */
export async function reach(
  node: StoredNode,
  { deps, progress }: { deps: Deps; progress: Progress },
): Promise<Client> {
  const { connect } = await import("../../buildkit/connect.ts");
  const attempt = () =>
    connect({
      registry: nodeRegistry(deps.registry, node),
      endpoint: node.endpoint,
      tls: readDriverOptions(node).tls,
      context: { signal: deps.signal, env: deps.env, log: () => {}, step: () => {} },
      timeoutMs: DIAL_TIMEOUT,
    });
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof DialError) || !error.retryable) throw error;
    const waiting = progress.local.start("[internal] waiting for connection");
    try {
      await deps.clock.sleep(PAUSE, deps.signal);
      const client = await attempt();
      waiting.done();
      return client;
    } catch (error) {
      waiting.fail(error);
      throw error;
    }
  }
}
