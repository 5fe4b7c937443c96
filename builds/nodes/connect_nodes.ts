import type { Builder } from "../../builders/builder.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import { reachNode } from "../../builders/reach_node.ts";
import type { Client } from "../../buildkit/client.ts";
import { abortable, after, every } from "../../base/async.ts";
import type { Deps } from "../../cli/deps.ts";
import { imageVerifier } from "../../policies/image_verifier.ts";
import { bootNode, openBooted } from "../../progress/booting.ts";
import type { LocalVertex } from "../../progress/local.ts";
import type { Progress } from "../../progress/progress.ts";
import { warnOnce } from "../../cli/warn.ts";
import { PATIENCE, waiting } from "../../cli/waiting.ts";

const NAME = "[internal] waiting for connection";

/** The options of connecting to a node. */
export interface ConnectNodeOptions {
  readonly deps: Deps;
  readonly progress: Progress;
  /** Milliseconds that the connection may take; 0 for no limit. */
  readonly budget: number;
  /** The key for the choice among a node's daemons: see `DialContext`. */
  readonly affinity?: string;
}

/**
 * Connects to a node within the budget. A daemon that is down is booted first, if its driver can. A
 * slow connection (until the daemon's first byte) is shown as a step of the build, and counts down
 * on a terminal. Throws the errors of `connect`.
 */
export async function connectNode(
  builder: Builder,
  node: StoredNode,
  { deps, progress, budget, affinity = "" }: ConnectNodeOptions,
): Promise<Client> {
  const { connect } = await import("../../buildkit/connect.ts");
  const wait = waiting(budget);
  let vertex: LocalVertex | undefined;
  let stop = after(PATIENCE, () => {
    if (progress.mode !== "tty") return;
    const show = () => (vertex ??= progress.local.start(NAME)).rename(`${NAME}: ${wait.text()}`);
    show();
    stop = every(1000, show);
  });
  try {
    const dial = () =>
      reachNode({ builder, node, registry: deps.registry, env: deps.env }, (target) =>
        connect({
          ...target,
          context: {
            signal: deps.signal,
            env: deps.env,
            log: () => {},
            warn: warnOnce(deps, (line) => progress.note(line)),
            step: wait.step,
            affinity,
          },
          budget: {
            ms: budget,
            asking: progress.asking,
            onRetry(error) {
              wait.retry(error);
              vertex ??= progress.local.start(NAME);
            },
          },
        }));
    const open = driverOf(builder).maker === undefined
      ? dial
      : async () => await answering(await dial(), deps.signal);
    const client = await openBooted(
      open,
      () => bootNode(builder, node, deps, progress, imageVerifier(deps, progress)),
    );
    const { connection } = client.channel;
    void connection.heard.then(() => {
      stop();
      vertex?.rename(NAME);
      if (!connection.over) vertex?.done();
      else vertex?.fail(new Error("the daemon did not answer"));
    });
    return client;
  } catch (error) {
    stop();
    vertex?.rename(NAME);
    vertex?.fail(error);
    throw error;
  }
}

/**
 * Waits for the daemon's first byte. A container may have been started a moment ago by another
 * client: then the program in it that connects to the daemon finds none.
 */
async function answering(client: Client, signal: AbortSignal): Promise<Client> {
  const { connection } = client.channel;
  try {
    await abortable(connection.heard, signal);
    // The call rejects with the reason.
    if (connection.over) await client.info();
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}
