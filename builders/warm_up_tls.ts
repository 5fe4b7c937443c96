import { seed } from "../base/seed.ts";
import type { NodeGroup } from "./store/node_group.ts";

/** Prepares for TLS when builders are chosen, some time before they are connected to. */
export function warmUpTls(builders: readonly NodeGroup[]): void {
  const nodes = builders.flatMap((builder) => builder.nodes);
  const isTls = nodes.some(({ endpoint, driverOpts }) =>
    endpoint.startsWith("tcp:")
      ? driverOpts?.["cacert"] !== undefined
      : /^kube(?:-pod|rnetes):/.test(endpoint)
  );
  if (isTls) void seed();
}
