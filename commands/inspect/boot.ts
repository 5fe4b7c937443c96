import { bootBuilder } from "../../builders/boot.ts";
import type { Builder } from "../../builders/builder.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import type { NodeStatus } from "../../builders/status.ts";
import { bootOptions } from "../../cli/builders/status_report.ts";
import type { Deps } from "../../cli/deps.ts";
import type { GlobalValues } from "../../cli/flags/spec.ts";
import { imageVerifier } from "../../policies/image_verifier.ts";
import { bootNode } from "../../progress/booting.ts";
import { progressOf } from "../../progress/command_progress.ts";
import { chooseMode } from "../../progress/mode.ts";
import type { Progress } from "../../progress/progress.ts";

/**
 * Boots a builder for `--bootstrap`, and resolves to the nodes' answers. The progress begins with
 * the first node that is down.
 */
export async function bootAll(
  builder: Builder,
  timeout: number,
  deps: Deps,
  global: GlobalValues,
): Promise<NodeStatus[]> {
  // Loading the driver's code takes as long as asking an engine.
  driverOf(builder).maker?.().catch(() => {});
  let progress: Progress | undefined;
  const { mode } = chooseMode("auto", deps);
  try {
    const nodes = await bootBuilder(builder, {
      ...bootOptions(deps, global),
      timeout,
      boot(node) {
        progress ??= progressOf(deps, { mode, debug: global.debug });
        return bootNode(builder, node, deps, progress, imageVerifier(deps, progress));
      },
    });
    progress?.finish();
    return nodes;
  } catch (error) {
    progress?.finish({ error, canceled: deps.signal.aborted });
    throw error;
  } finally {
    progress?.[Symbol.dispose]();
  }
}
