import type { Builder } from "../../builders/builder.ts";
import { chooseNode } from "../../builders/choose_node.ts";
import type { NodeTarget } from "../../builders/drivers/driver.ts";
import { type Platform } from "../../builders/platforms.ts";
import { explained, nodeTarget } from "../../builders/reach_node.ts";
import { withinBudget } from "../../transports/budget.ts";
import { dialEndpoint } from "../../transports/dial.ts";
import { shownEndpoint } from "../../transports/registry.ts";
import type { Connection } from "../../transports/transport.ts";
import type { Deps } from "../deps.ts";
import { warnOnce } from "../warn.ts";
import { waiting, waitLine } from "../waiting.ts";

/** A daemon that a command dials. */
export interface ChosenEndpoint extends NodeTarget {
  /** Adds to the error of a dial what the user of this builder can do. */
  readonly explained?: (error: unknown) => unknown;
}

/** The endpoint of a builder's node that builds for these platforms. Throws `BuilderError`. */
export function endpointOf(
  builder: Builder,
  platforms: readonly Platform[],
  deps: Pick<Deps, "registry" | "env">,
): ChosenEndpoint {
  const node = chooseNode(builder, platforms);
  return {
    ...nodeTarget(builder, node, deps),
    explained: (error) => explained(error, builder, node, deps.env),
  };
}

/**
 * Dials a daemon for a stream of raw bytes. Throws `EndpointError`, `DialError`, or the signal's
 * reason.
 * @param budget milliseconds that the dial may take; 0 for no limit
 */
export async function dialChosen(
  { registry, endpoint, tls, explained }: ChosenEndpoint,
  deps: Pick<Deps, "signal" | "env" | "stderr">,
  { budget, log }: { readonly budget: number; readonly log: (line: string) => void },
): Promise<Connection> {
  const wait = waiting(budget);
  const warn = warnOnce(deps);
  using line = waitLine(deps.stderr);
  line.show(shownEndpoint(registry, endpoint), wait);
  try {
    const { result } = await withinBudget(
      { ms: budget, onRetry: wait.retry, asking: line.asking },
      deps.signal,
      (attempt) =>
        dialEndpoint(registry, endpoint, tls, {
          ...attempt,
          env: deps.env,
          log,
          warn,
          step: wait.step,
        }),
    );
    return result;
  } catch (error) {
    throw explained?.(error) ?? error;
  }
}
