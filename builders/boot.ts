import { DialError } from "../transports/errors.ts";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import type { Builder } from "./builder.ts";
import type { StoredNode } from "./store/node_group.ts";
import { askNode, type AskOptions, type NodeStatus, SilentNode } from "./status.ts";

/** The options of waiting for daemons. */
export interface BootOptions extends Omit<AskOptions, "showStep"> {
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called once for each node that isn't running yet and will be asked again. */
  readonly onWait: (status: NodeStatus) => void;
  /** Boots a node whose daemon is down; false where its driver makes no daemons. */
  readonly boot: (node: StoredNode) => Promise<boolean>;
}

/** Milliseconds between two attempts, as in buildx. */
const pause = 1000;

/**
 * Boots the nodes of a builder, and waits until each answers, for `timeout` milliseconds (0: as
 * long as it takes). A failure that no waiting fixes ends it at once. Resolves to the nodes'
 * answers; rejects with the reason of the first node that doesn't answer; buildx only says that the
 * time is up.
 */
export async function bootBuilder(builder: Builder, options: BootOptions): Promise<NodeStatus[]> {
  return await Promise.all(builder.nodes.map((node) => bootNode(builder, node, options)));
}

async function bootNode(
  builder: Builder,
  node: StoredNode,
  options: BootOptions,
): Promise<NodeStatus> {
  const endAfterNow = () => options.timeout > 0 ? performance.now() + options.timeout : Infinity;
  let end = endAfterNow();
  let booted = false;
  for (let attempt = 0;; attempt++) {
    const left = end === Infinity ? 0 : Math.max(1, end - performance.now());
    const status = await askNode(builder, node, { ...options, timeout: left, showStep: false });
    if (status.status === "running") return status;
    if (isDown(status.error) && !booted && await options.boot(node)) {
      booted = true;
      // The time of a boot, such as a pull, doesn't count.
      end = endAfterNow();
      continue;
    }
    if (!mayPass(status.error) || performance.now() + pause >= end) throw named(status);
    if (attempt === 0) options.onWait(status);
    await options.sleep(pause, options.signal);
  }
}

/**
 * Adds the endpoint to a silent node's error: lists show it next to the error, but a boot doesn't.
 */
function named({ error, endpoint }: NodeStatus): unknown {
  if (!(error instanceof SilentNode)) return error;
  return new Error(`cannot reach ${endpoint}: ${error.message}`, { cause: error });
}

/**
 * Whether a daemon is missing or stopped, so that its driver may boot it. Another client may also
 * have started the container a moment ago, and its daemon doesn't listen yet: a boot waits for
 * that.
 */
export function isDown(error: unknown): boolean {
  if (!(error instanceof DialError)) return false;
  return error.state !== undefined || (error.step === "exec" && error.code === "unreachable");
}

function mayPass(error: unknown): boolean {
  if (error instanceof DialError) return error.retryable;
  return error instanceof RpcError && error.code === Code.UNAVAILABLE;
}
