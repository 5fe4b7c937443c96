import { prepareRandom } from "../base/prepare_random.ts";
import { dialAhead, wantsTls } from "../transports/dial.ts";
import type { Builder } from "./builder.ts";
import type { Surroundings } from "./drivers/driver.ts";
import { nodeTarget } from "./reach_node.ts";
import type { StoredNode } from "./store/node_group.ts";

/**
 * Prepares for a builder that builds soon: its only node is dialled, where a dial asks nobody and
 * starts nothing. Disposing of the result closes the connection, unless a dial has taken it.
 */
export function warmUp(builder: Builder, surroundings: Surroundings): Disposable {
  const isAlone = builder.nodes.length === 1;
  return warmNodes([builder], surroundings, isAlone);
}

/** Prepares likewise for builders of which every node is asked soon. */
export function warmUpAll(builders: readonly Builder[], surroundings: Surroundings): Disposable {
  return warmNodes(builders, surroundings, true);
}

function warmNodes(
  builders: readonly Builder[],
  surroundings: Surroundings,
  dials: boolean,
): Disposable {
  const begun = new DisposableStack();
  for (const builder of builders) {
    for (const node of builder.nodes) {
      const one = warmNode(builder, node, surroundings, dials);
      if (one !== undefined) begun.use(one);
    }
  }
  return begun;
}

function warmNode(
  builder: Builder,
  node: StoredNode,
  surroundings: Surroundings,
  dials: boolean,
): Disposable | undefined {
  try {
    const { registry, endpoint, tls } = nodeTarget(builder, node, surroundings);
    const isCluster = /^kube(?:-pod|rnetes):/.test(endpoint);
    if (isCluster || wantsTls(tls)) void prepareRandom();
    return dials ? dialAhead(registry, endpoint, tls, surroundings.env) : undefined;
  } catch {
    return undefined; // The dial reports the error.
  }
}
