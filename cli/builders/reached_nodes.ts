import { BuilderError } from "../../builders/builder_error.ts";
import { type Builder, chooseBuilder } from "../../builders/builder.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";
import { membersOf, reachNode } from "../../builders/reach_node.ts";
import type { Client } from "../../buildkit/client.ts";
import { endWhenSilent } from "../../buildkit/silence.ts";
import { connectTimeout } from "../connect_timeout.ts";
import type { Deps } from "../deps.ts";
import type { GlobalValues } from "../flags/spec.ts";
import { hintOf, messageOf, type Told } from "../report.ts";
import { warn, warnOnce } from "../warn.ts";
import { waiting, waitLine } from "../waiting.ts";
import { storeOf } from "./open_store.ts";

/** A node with a connection to its daemon. */
export interface ReachedNode {
  readonly builder: Builder;
  readonly node: StoredNode;
  readonly client: Client;
}

/**
 * Connects to every node of the builder that the command line names, all at once; of a node with
 * several daemons (pods) to each of those, unlike buildx, which takes one of them. One that can't be
 * reached is kept as a failure, for `check` to throw; the others go on without it.
 * Throws `BuilderError` for a builder that can't be used at all, or the signal's reason.
 *
 * @param timeout milliseconds until a daemon must have been reached and have sent something; 0: never
 */
export async function reachNodes(
  deps: Deps,
  global: GlobalValues,
  timeout: number = connectTimeout(global),
): Promise<Nodes> {
  const builder = await chooseBuilder(storeOf(deps), deps.env, global.builder);
  driverOf(builder);
  if (builder.nodes.length === 0) {
    throw new BuilderError(`builder ${builder.name} has no nodes`, {
      hint: `give it one: fairlead create --append --name ${builder.name} ENDPOINT`,
    });
  }
  const { connect } = await import("../../buildkit/connect.ts");
  const { debug } = global;
  const log = debug ? (line: string) => deps.stderr.write(line + "\n") : () => {};
  const warn = warnOnce(deps);
  const line = waitLine(deps.stderr);
  /** The node itself, or each of its daemons. */
  const daemons = async (node: StoredNode): Promise<Place[]> => {
    const signal = timeout > 0
      ? AbortSignal.any([deps.signal, AbortSignal.timeout(timeout)])
      : deps.signal;
    const context = { signal, env: deps.env, log, step: () => {} };
    try {
      const members = await membersOf(builder, node, context);
      return members.length === 0
        ? [{ node }]
        : members.map((member) => ({ node: { ...node, member } }));
    } catch (error) {
      return [{ node, error }];
    }
  };
  const found = (await Promise.all(builder.nodes.map(daemons))).flat();
  const places = await Promise.all(found.map(async (place): Promise<Place> => {
    if (place.error !== undefined) return place;
    const { node } = place;
    const wait = waiting(timeout);
    const done = debug ? () => {} : line.show(nameOf(node), wait);
    try {
      // The daemon's first byte is a part of the wait.
      const client = await reachNode(connect, { builder, node, registry: deps.registry }, {
        context: { signal: deps.signal, env: deps.env, log, warn, step: wait.step, debug },
        budget: { ms: timeout, onRetry: wait.retry, asking: line.asking },
      });
      void client.channel.connection.heard.then(done);
      return { node, client, watch: watchSilence(client) };
    } catch (error) {
      done();
      return { node, error };
    }
  }));
  void Promise.all(places.map(({ client }) => client?.channel.connection.heard))
    .then(() => line[Symbol.dispose]());
  const nodes = new Nodes(builder, places);
  if (deps.signal.aborted) {
    await nodes[Symbol.asyncDispose]();
    throw deps.signal.reason;
  }
  return nodes;
}

interface Place {
  readonly node: StoredNode;
  readonly client?: Client;
  readonly watch?: Disposable;
  readonly error?: unknown;
}

/** The nodes of a builder; disposing of them closes the connections. */
export class Nodes implements AsyncDisposable {
  readonly builder: Builder;
  readonly #places: readonly Place[];
  /** The first thing that went wrong at a node. */
  readonly #failures = new Map<StoredNode, unknown>();

  constructor(builder: Builder, places: readonly Place[]) {
    this.builder = builder;
    this.#places = places;
    for (const { node, client, error } of places) {
      if (client === undefined) this.#failures.set(node, error);
    }
  }

  /**
   * Does something at every node that hasn't failed yet, side by side; the results are in the nodes'
   * order. Rejects with the signal's reason alone.
   */
  async each<T>(signal: AbortSignal, work: (at: ReachedNode) => Promise<T>): Promise<T[]> {
    const results = await Promise.all(this.#places.map(async ({ node, client }) => {
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

  /** What went wrong at nodes, as one error; undefined where nothing did. */
  failure(): NodesError | undefined {
    if (this.#failures.size === 0) return undefined;
    const ordered = this.#places.filter(({ node }) => this.#failures.has(node))
      .map(({ node }) => ({ node: nameOf(node), error: this.#failures.get(node) }));
    return new NodesError(ordered, ordered.length === this.#places.length);
  }

  /** Warns of nodes that failed: a record was found without them, and one may have a newer one. */
  warn(deps: Pick<Deps, "stderr">): void {
    for (const line of this.failure()?.lines ?? []) warn(deps, line);
  }

  /** Throws what went wrong at nodes. */
  check(): void {
    const failure = this.failure();
    if (failure !== undefined) throw failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#places.map(async ({ client, watch }) => {
      watch?.[Symbol.dispose]();
      await client?.close();
    }));
  }
}

/** Nodes that could not do their part: each is named, with what is wrong with it. */
export class NodesError extends Error {
  override readonly name = "NodesError";
  /** All but the last node's. */
  readonly earlier: readonly Told[];

  /** @param isTotal no node of the builder is without failure */
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

/** A node's name, with that of the one of its daemons that is meant. */
function nameOf({ name, member }: StoredNode): string {
  return member === undefined ? name : `${name} (pod ${member.name})`;
}

function lineOf({ node, error }: { readonly node: string; readonly error: unknown }): string {
  return `node ${node}: ${messageOf(error)}`;
}

/**
 * Ends a connection that is dead. Without a session the daemon says nothing while it works, or while
 * a build that is followed has nothing to say: so it is asked for its version, which any can answer.
 * @param limit milliseconds
 */
export function watchSilence(client: Client, limit?: number): Disposable {
  return endWhenSilent(client.channel.connection, limit, () => void client.info().catch(() => {}));
}
