import { DialError } from "../transports/errors.ts";
import type { DialContext, Env } from "../transports/transport.ts";
import type { Builder } from "./builder.ts";
import { driverOf, drivers } from "./drivers/all.ts";
import type { NodeTarget, Surroundings } from "./drivers/driver.ts";
import type { NodeMember, StoredNode } from "./store/node_group.ts";

/** Finds a node's daemon. Throws `BuilderError`. */
export function nodeTarget(
  builder: Builder,
  node: StoredNode,
  surroundings: Surroundings,
): NodeTarget {
  return driverOf(builder).target(node, surroundings);
}

/**
 * The daemons of a node that may have several: empty if the node is one daemon, or if none is
 * ready. Rejects as `reachNode`.
 */
async function membersOf(
  builder: Builder,
  node: StoredNode,
  context: DialContext,
): Promise<NodeMember[]> {
  const driver = drivers.find(({ name }) => name === builder.driver);
  try {
    return await driver?.members?.(node, context) ?? [];
  } catch (error) {
    throw explained(error, builder, node, context.env);
  }
}

/**
 * The node itself, or one node for each daemon of a node that has several. Rejects as `membersOf`.
 */
export async function daemonsOf(
  builder: Builder,
  node: StoredNode,
  context: DialContext,
): Promise<StoredNode[]> {
  const members = await membersOf(builder, node, context);
  return members.length === 0 ? [node] : members.map((member) => ({ ...node, member }));
}

/**
 * Connects to a node's daemon by `connect`. Rejects with the errors of `connect`; for a daemon that
 * is down, the hint names the remedy of its driver.
 */
export async function reachNode<C>(
  { builder, node, registry, env }: Surroundings & {
    readonly builder: Builder;
    readonly node: StoredNode;
  },
  connect: (target: NodeTarget) => Promise<C>,
): Promise<C> {
  try {
    return await connect(nodeTarget(builder, node, { registry, env }));
  } catch (error) {
    throw explained(error, builder, node, env);
  }
}

/** Adds the remedy of the builder's driver to an error. */
export function explained(error: unknown, builder: Builder, node: StoredNode, env: Env): unknown {
  if (!(error instanceof DialError)) return error;
  const hint = driverOf(builder).remedy?.(node, builder.name, error, env);
  return hint === undefined ? error : error.withHint(hint);
}
