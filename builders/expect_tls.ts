import { seed } from "../base/seed.ts";
import type { NodeGroup } from "./store/node_group.ts";

/** To be called when builders are chosen, and connecting to them is some way off: it prepares for TLS. */
export function expectTls(builders: readonly NodeGroup[]): void {
  const nodes = builders.flatMap((builder) => builder.nodes);
  const isTls = nodes.some(({ endpoint, driverOpts }) =>
    endpoint.startsWith("tcp:")
      ? driverOpts?.["cacert"] !== undefined
      : /^kube(?:-pod|rnetes):/.test(endpoint)
  );
  if (isTls) void seed();
}
