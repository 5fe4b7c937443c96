import { DialError } from "../transports/errors.ts";
import type { DialContext, Env } from "../transports/transport.ts";
import type { Builder } from "./builder.ts";
import { driverOf, drivers } from "./drivers/all.ts";
import type { NodeTarget, Surroundings } from "./drivers/driver.ts";
import type { NodeMember, StoredNode } from "./store/node_group.ts";

/** Where a node's daemon is. Throws `BuilderError`. */
export function nodeTarget(
  builder: Builder,
  node: StoredNode,
  surroundings: Surroundings,
): NodeTarget {
  return driverOf(builder).target(node, surroundings);
}

/**
 * The daemons of a node that has several: none where it is one itself, or where none of them is
 * ready. Rejects as `reachNode`.
 */
export async function membersOf(
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
 * Connects to a node's daemon by `connect`. Rejects with what that met, which tells then how to get a
 * daemon that a driver of buildx's has to start.
 */
export async function reachNode<O extends NodeTarget, C>(
  connect: (options: O) => Promise<C>,
  { builder, node, registry }: {
    readonly builder: Builder;
    readonly node: StoredNode;
    readonly registry: Surroundings["registry"];
  },
  options: Omit<O, keyof NodeTarget> & { readonly context: DialContext },
): Promise<C> {
  const { env } = options.context;
  try {
    const target = nodeTarget(builder, node, { registry, env });
    return await connect({ ...options, ...target } as unknown as O);
  } catch (error) {
    throw explained(error, builder, node, env);
  }
}

/** The error with what its builder's user can do about it. */
export function explained(error: unknown, builder: Builder, node: StoredNode, env: Env): unknown {
  if (!(error instanceof DialError)) return error;
  const hint = driverOf(builder).remedy?.(node, builder.name, error, env);
  return hint === undefined ? error : error.withHint(hint);
}
