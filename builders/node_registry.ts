import { schemeOf } from "../transports/endpoint.ts";
import type { Registry } from "../transports/registry.ts";
import { readDriverOptions } from "./driver_options.ts";
import type { StoredNode } from "./store/node_group.ts";

/**
 * Gives the registry of transports for one node. A plugin in its driver option `transport` serves
 * the scheme of its endpoint, unless the command line names another plugin for it. Throws
 * `BuilderError` for driver options that are wrong.
 */
export function nodeRegistry(
  registry: Registry,
  node: Pick<StoredNode, "endpoint" | "driverOpts">,
): Registry {
  const path = node.driverOpts?.transport;
  if (path === undefined) return registry;
  readDriverOptions(node);
  const scheme = schemeOf(node.endpoint);
  if (scheme === undefined || registry.named.has(scheme)) return registry;
  return registry.withPlugin(scheme, path);
}
