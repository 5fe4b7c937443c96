import { prepareRandom } from "../base/prepare_random.ts";
import { wantsTls } from "../transports/dial.ts";
import type { Builder } from "./builder.ts";
import type { Surroundings } from "./drivers/driver.ts";
import { nodeTarget } from "./reach_node.ts";
import type { NodeGroup } from "./store/node_group.ts";

/** Prepares for TLS when builders are chosen, some time before they are connected to. */
export function warmUpTls(builders: readonly NodeGroup[]): void {
  const nodes = builders.flatMap((builder) => builder.nodes);
  const isTls = nodes.some(({ endpoint, driverOpts }) =>
    endpoint.startsWith("tcp:")
      ? driverOpts?.["cacert"] !== undefined
      : /^kube(?:-pod|rnetes):/.test(endpoint)
  );
  if (isTls) void prepareRandom();
}

/**
 * Prepares for a builder that is connected to soon: for TLS, or else by beginning the connection of
 * its only node. Disposing of the result closes the connection, unless a dial has taken it.
 */
export function warmUp(builder: Builder, surroundings: Surroundings): Disposable {
  warmUpTls([builder]);
  const nothing = { [Symbol.dispose]() {} };
  const [node, another] = builder.nodes;
  if (node === undefined || another !== undefined) return nothing;
  try {
    const { registry, endpoint, tls } = nodeTarget(builder, node, surroundings);
    const transport = registry.find(endpoint);
    if (wantsTls(tls)) return nothing;
    return transport.ahead?.(transport.parse(endpoint)) ?? nothing;
  } catch {
    return nothing; // The dial reports the error.
  }
}
