import type { Builder } from "../builders/builder.ts";
import { chooseNode } from "../builders/choose_node.ts";
import { readDriverOptions } from "../builders/driver_options.ts";
import { nodeRegistry } from "../builders/node_registry.ts";
import { type Platform } from "../builders/platforms.ts";
import { withinBudget } from "../buildkit/budget.ts";
import { dialEndpoint, type TlsOptions } from "../buildkit/dial.ts";
import type { Registry } from "../transports/registry.ts";
import type { Connection } from "../transports/transport.ts";
import type { Deps } from "./deps.ts";
import { waiting, waitLine } from "./waiting.ts";

/** A daemon to be dialled. */
export interface ChosenEndpoint {
  readonly endpoint: string;
  readonly tls: TlsOptions;
  readonly registry: Registry;
}

/** The endpoint of a builder's node that builds for these platforms. Throws `BuilderError`. */
export function endpointOf(
  builder: Builder,
  platforms: readonly Platform[],
  { registry }: Pick<Deps, "registry">,
): ChosenEndpoint {
  const node = chooseNode(builder, platforms);
  return {
    endpoint: node.endpoint,
    tls: readDriverOptions(node).tls,
    registry: nodeRegistry(registry, node),
  };
}

/**
 * Dials, for a stream that is handed on as it is. Throws `EndpointError`, `DialError`, or the
 * signal's reason.
 * @param budget milliseconds that it may take; 0 for no limit
 */
export async function dialChosen(
  { endpoint, tls, registry }: ChosenEndpoint,
  deps: Pick<Deps, "signal" | "env" | "stderr">,
  { budget, log }: { readonly budget: number; readonly log: (line: string) => void },
): Promise<Connection> {
  const wait = waiting(budget);
  using line = waitLine(deps.stderr);
  line.show(endpoint, wait);
  return await withinBudget(
    { ms: budget, onRetry: wait.retry },
    deps.signal,
    (attempt) =>
      dialEndpoint(registry, endpoint, tls, { ...attempt, env: deps.env, log, step: wait.step }),
  );
}
