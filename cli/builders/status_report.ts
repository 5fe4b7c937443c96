import type { BootOptions } from "../../builders/boot.ts";
import type { AskOptions, BuilderStatus } from "../../builders/status.ts";
import type { DialError } from "../../transports/errors.ts";
import { engineFailure, isDown, reasonOf } from "./builder_json.ts";
import { calledAs } from "../called_as.ts";
import type { Deps } from "../deps.ts";
import type { GlobalValues } from "../flags/spec.ts";
import { hintOf } from "../report.ts";

/** The options for asking daemons for their state. */
export function askOptions(
  deps: Deps,
  { debug }: GlobalValues,
): Pick<AskOptions, "registry" | "connect" | "env" | "log" | "signal"> {
  return {
    registry: deps.registry,
    connect: deps.connect,
    env: deps.env,
    log: debug ? (line) => deps.stderr.write(line + "\n") : () => {},
    signal: deps.signal,
  };
}

/** Why nodes aren't running: one line for each node, and one for its hint. */
export function failureLines(
  status: BuilderStatus,
  plugin: string | undefined,
): string[] {
  const { builder, nodes } = status;
  const isLost = engineFailure(status) !== undefined;
  return nodes.filter((node) => node.error !== undefined).flatMap((node) => {
    const hint = hintOf(node.error);
    const name = `${builder.name} (${node.node.name})`;
    const line = isLost
      ? `Cannot load builder ${builder.name}: ${reasonOf(node)}`
      : isDown(node, builder)
      ? `${name} is ${node.status}: ${(node.error as DialError).problem}`
      : `Failed to get status for ${name}: ${reasonOf(node)}`;
    return hint === undefined ? [line] : [line, `  hint: ${calledAs(hint, plugin)}`];
  });
}

/** The options for waiting until daemons run. */
export function bootOptions(
  deps: Deps,
  global: GlobalValues,
): Omit<BootOptions, "timeout" | "boot"> {
  return {
    ...askOptions(deps, global),
    sleep: deps.clock.sleep,
    onWait: (status) => {
      deps.stderr.write(`waiting for ${status.node.name}: ${reasonOf(status)}\n`);
      // The hint comes at once: a user who follows it ends the wait.
      const hint = hintOf(status.error);
      if (hint !== undefined) deps.stderr.write(`  hint: ${calledAs(hint, deps.plugin)}\n`);
    },
  };
}
