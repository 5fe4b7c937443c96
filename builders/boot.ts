import { DialError } from "../transports/errors.ts";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import type { Builder } from "./builder.ts";
import { askNode, type AskOptions, type NodeStatus, SilentNode } from "./status.ts";

/** What waiting for daemons needs. */
export interface BootOptions extends Omit<AskOptions, "showStep"> {
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A node isn't there yet and will be asked again; said once for each node. */
  readonly onWait: (status: NodeStatus) => void;
}

/** Between two attempts, as in buildx. */
const pause = 1000;

/**
 * Waits until every node of a builder answers, for `timeout` milliseconds (0: as long as it takes). A
 * failure that waiting can't mend ends it at once. Rejects with the reason of the first node that
 * isn't there: unlike buildx, which only says that the time is up.
 */
export async function bootBuilder(builder: Builder, options: BootOptions): Promise<void> {
  await Promise.all(builder.nodes.map(async (_, i) => await bootNode(builder, i, options)));
}

async function bootNode(builder: Builder, index: number, options: BootOptions): Promise<void> {
  const node = builder.nodes[index]!;
  const end = options.timeout > 0 ? performance.now() + options.timeout : Infinity;
  for (let attempt = 0;; attempt++) {
    const left = end === Infinity ? 0 : Math.max(1, end - performance.now());
    const status = await askNode(builder, node, { ...options, timeout: left, showStep: false });
    if (status.status === "running") return;
    if (!mayMend(status.error) || performance.now() + pause >= end) throw named(status);
    if (attempt === 0) options.onWait(status);
    await options.sleep(pause, options.signal);
  }
}

/** A silent node's error stands beside its endpoint in lists; here nothing else names it. */
function named({ error, endpoint }: NodeStatus): unknown {
  if (!(error instanceof SilentNode)) return error;
  return new Error(`cannot reach ${endpoint}: ${error.message}`, { cause: error });
}

function mayMend(error: unknown): boolean {
  if (error instanceof DialError) return error.retryable;
  return error instanceof RpcError && error.code === Code.UNAVAILABLE;
}
