import type { Builder } from "./builder.ts";
import { BuilderError } from "./builder_error.ts";
import type { StoredNode } from "./node_group.ts";
import { formatPlatform, type Platform } from "./platforms.ts";

/**
 * The node that builds: the one whose fixed platforms hold what is asked for, else the first.
 * Throws `BuilderError` when the platforms are fixed on different nodes.
 */
export function chooseNode(builder: Builder, platforms: readonly Platform[]): StoredNode {
  const first = builder.nodes[0];
  if (first === undefined) {
    throw new BuilderError(`builder ${builder.name} has no nodes`, {
      hint: `give it one: fairlead create --append --name ${builder.name} ENDPOINT`,
    });
  }
  const chosen = new Map<StoredNode, string[]>();
  for (const platform of platforms) {
    const name = formatPlatform(platform);
    const node = builder.nodes.find(({ platforms }) =>
      platforms?.some((fixed) =>
        formatPlatform(fixed) === name
      )
    ) ?? first;
    chosen.set(node, [...chosen.get(node) ?? [], name]);
  }
  if (chosen.size > 1) {
    const plan = [...chosen].map(([node, names]) => `${names.join(",")} on ${node.name}`);
    throw new BuilderError(`cannot build on several nodes at once yet: ${plan.join(", ")}`, {
      hint: "build each node's platforms by themselves, and join the images afterwards",
    });
  }
  return [...chosen.keys()][0] ?? first;
}
