import { withTimeout } from "../../base/async.ts";
import type { Builder } from "../../builders/builder.ts";
import { firstNode } from "../../builders/choose_node.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";
import { daemonsOf, reachNode } from "../../builders/reach_node.ts";
import type { Client } from "../../buildkit/client.ts";
import { endWhenSilent } from "../../buildkit/silence.ts";
import { connectTimeout } from "../connect_timeout.ts";
import type { Deps } from "../deps.ts";
import type { GlobalValues } from "../flags/spec.ts";
import { hintOf, messageOf, type Reported } from "../report.ts";
import { warn, warnOnce } from "../warn.ts";
import { waiting, waitLine } from "../waiting.ts";
import { chosenBuilder } from "./chosen_builder.ts";

/** A node with a connection to its daemon. */
export interface ReachedNode {
  readonly builder: Builder;
  readonly node: StoredNode;
  readonly client: Client;
}

/**
 * Connects to all nodes of the chosen builder at once. A node may have several daemons (pods): this
 * connects to each of them, whereas buildx takes one. A node that can't be reached becomes a
 * failure, which `check` throws; the other nodes go on without it. Throws `BuilderError` if the
 * builder can't be used at all, or the signal's reason.
 *
 * @param timeout milliseconds until each daemon must have sent its first bytes; 0 for no limit
 */
export async function reachNodes(
  deps: Deps,
  global: GlobalValues,
  timeout: number = connectTimeout(global),
): Promise<Nodes> {
  const builder = await chosenBuilder(deps, global.builder);
  driverOf(builder);
  firstNode(builder);
  const { connect } = await import("../../buildkit/connect.ts");
  const { debug } = global;
  const log = debug ? (line: string) => deps.stderr.write(line + "\n") : () => {};
  const warn = warnOnce(deps);
  const line = waitLine(deps.stderr);
  /** The node itself, or each of its daemons. */
  const daemons = async (node: StoredNode): Promise<ReachedDaemon[]> => {
    const signal = withTimeout(deps.signal, timeout);
    const context = { signal, env: deps.env, log, step: () => {} };
    try {
      return (await daemonsOf(builder, node, context)).map((node) => ({ node }));
    } catch (error) {
      return [{ node, error }];
    }
  };
  const found = (await Promise.all(builder.nodes.map(daemons))).flat();
  const reached = await Promise.all(found.map(async (daemon): Promise<ReachedDaemon> => {
    if (daemon.error !== undefined) return daemon;
    const { node } = daemon;
    const wait = waiting(timeout);
    const done = debug ? () => {} : line.show(nameOf(node), wait);
    try {
      // The wait includes the daemon's first byte.
      const { env, registry, signal } = deps;
      const client = await reachNode({ builder, node, registry, env }, (target) =>
        connect({
          ...target,
          context: { signal, env, log, warn, step: wait.step, debug },
          budget: { ms: timeout, onRetry: wait.retry, asking: line.asking },
        }));
      void client.channel.connection.heard.then(done);
      return { node, client, watch: watchSilence(client) };
    } catch (error) {
      done();
      return { node, error };
    }
  }));
  void Promise.all(reached.map(({ client }) => client?.channel.connection.heard))
    .then(() => line[Symbol.dispose]());
  const nodes = new Nodes(builder, reached);
  if (deps.signal.aborted) {
    await nodes[Symbol.asyncDispose]();
    throw deps.signal.reason;
  }
  return nodes;
}

interface ReachedDaemon {
  readonly node: StoredNode;
  readonly client?: Client;
  readonly watch?: Disposable;
  readonly error?: unknown;
}

/** The nodes of a builder; disposing of them closes the connections. */
export class Nodes implements AsyncDisposable {
  readonly builder: Builder;
  readonly #daemons: readonly ReachedDaemon[];
  /** The first error of each node. */
  readonly #failures = new Map<StoredNode, unknown>();

  constructor(builder: Builder, reached: readonly ReachedDaemon[]) {
    this.builder = builder;
    this.#daemons = reached;
    for (const { node, client, error } of reached) {
      if (client === undefined) this.#failures.set(node, error);
    }
  }

  /**
   * Runs `work` in parallel at every node that hasn't failed yet. The results are in the order of
   * the nodes. Rejects with the signal's reason only.
   */
  async each<T>(signal: AbortSignal, work: (at: ReachedNode) => Promise<T>): Promise<T[]> {
    const results = await Promise.all(this.#daemons.map(async ({ node, client }) => {
      if (client === undefined || this.#failures.has(node)) return [];
      try {
        return [await work({ builder: this.builder, node, client })];
      } catch (error) {
        this.#failures.set(node, error);
        return [];
      }
    }));
    signal.throwIfAborted();
    return results.flat();
  }

  /** The failures of all nodes as one error; undefined if no node failed. */
  failure(): NodesError | undefined {
    if (this.#failures.size === 0) return undefined;
    const ordered = this.#daemons.filter(({ node }) => this.#failures.has(node))
      .map(({ node }) => ({ node: nameOf(node), error: this.#failures.get(node) }));
    return new NodesError(ordered, ordered.length === this.#daemons.length);
  }

  /** Warns of failed nodes after a record was found: one of them may have a newer record. */
  warn(deps: Pick<Deps, "stderr">): void {
    for (const line of this.failure()?.lines ?? []) warn(deps, line);
  }

  /** Throws the failures of nodes, if there are any. */
  check(): void {
    const failure = this.failure();
    if (failure !== undefined) throw failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#daemons.map(async ({ client, watch }) => {
      watch?.[Symbol.dispose]();
      await client?.close();
    }));
  }
}

/** The failures of nodes, each with the name of its node. */
export class NodesError extends Error {
  override readonly name = "NodesError";
  /** The failures of all nodes but the last. */
  readonly earlier: readonly Reported[];

  /** @param isTotal every node of the builder has failed */
  constructor(
    failures: readonly { readonly node: string; readonly error: unknown }[],
    readonly isTotal: boolean,
  ) {
    const last = failures.at(-1)!;
    super(lineOf(last), { cause: last.error });
    this.earlier = failures.slice(0, -1)
      .map((failure) => ({ message: lineOf(failure), hint: hintOf(failure.error) }));
  }

  /** A line for each node, for a failure that doesn't end the command. */
  get lines(): readonly string[] {
    return [...this.earlier.map(({ message }) => message), this.message];
  }
}

/** The name of a node, with the name of the pod if the node has several daemons. */
function nameOf({ name, member }: StoredNode): string {
  return member === undefined ? name : `${name} (pod ${member.name})`;
}

function lineOf({ node, error }: { readonly node: string; readonly error: unknown }): string {
  return `node ${node}: ${messageOf(error)}`;
}

/**
 * Ends a connection that is dead. A daemon may be silent while it works, so a silent one is asked
 * for its version, which every daemon answers at once.
 * @param limit milliseconds of silence
 */
export function watchSilence(client: Client, limit?: number): Disposable {
  return endWhenSilent(client.channel.connection, limit, () => void client.info().catch(() => {}));
}
