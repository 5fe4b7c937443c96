import type { Builder } from "./builder.ts";
import { BuilderError } from "./builder_error.ts";
import type { StoredNode } from "./store/node_group.ts";
import { formatPlatform, normalizePlatform, type Platform } from "./platforms.ts";

/**
 * Gives the first node: it gets everything that no platform sends elsewhere. Throws `BuilderError`.
 */
export function firstNode({ name, nodes }: Builder): StoredNode {
  const first = nodes[0];
  if (first !== undefined) return first;
  throw new BuilderError(`builder ${name} has no nodes`, {
    hint: `add a node: fairlead create --append --name ${name} ENDPOINT`,
  });
}

/**
 * Chooses the one node to connect to: the node for which a platform was fixed, else the first.
 * Throws `BuilderError` when the platforms are fixed on different nodes.
 */
export function chooseNode(builder: Builder, platforms: readonly Platform[]): StoredNode {
  const { nodes } = builder;
  const first = firstNode(builder);
  const key = (platform: Platform) => formatPlatform(normalizePlatform(platform));
  const chosen = new Set(platforms.map((platform) => {
    const fixes = (node: StoredNode) =>
      (node.platforms ?? []).some((other) => key(other) === key(platform));
    return nodes.find(fixes) ?? first;
  }));
  if (chosen.size > 1) {
    const names = [...chosen].map(({ name }) => name);
    throw new BuilderError(`these platforms are fixed on several nodes: ${names.join(", ")}`, {
      hint: "name platforms of one node",
    });
  }
  return [...chosen][0] ?? first;
}
