import type { Builder } from "./builder.ts";
import { BuilderError } from "./builder_error.ts";
import type { StoredNode } from "./node_group.ts";
import { placePlatforms } from "./placement.ts";
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
  const offers = builder.nodes.map(({ platforms }) => ({ fixed: platforms ?? [], reported: [] }));
  const placed = [...placePlatforms(offers, platforms)];
  if (placed.length > 1) {
    const plan = placed.map(([index, platforms]) =>
      `${platforms.map(formatPlatform).join(",")} on ${builder.nodes[index]!.name}`
    );
    throw new BuilderError(`cannot build on several nodes at once yet: ${plan.join(", ")}`, {
      hint: "build each node's platforms by themselves, and join the images afterwards",
    });
  }
  return builder.nodes[placed[0]?.[0] ?? 0] ?? first;
}
