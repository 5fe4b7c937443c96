/** `debug build`: after a failed build, or any, the monitor looks into it. */
import type { Inspect } from "../../builds/running/inspect.ts";
import type { Deps } from "../../cli/deps.ts";
import { messageOf } from "../../proto/message_of.ts";
import { Mount } from "../../proto/gen/steps.ts";
import type { Progress } from "../../progress/progress.ts";
import type { Console } from "../console.ts";
import { failedStepIn } from "../failed_step.ts";
import { platformResults } from "../results.ts";
import { capability, containerOfFailure } from "../step_files.ts";
import { tellFailure } from "../tell_failure.ts";
import type { Invoke } from "./invoke.ts";
import { type MonitorOptions, runMonitor } from "./monitor.ts";
import { evaluateAll } from "../../buildkit/result.ts";

/** The options of `debug`. */
export interface DebugOptions {
  readonly invoke: Invoke;
  /** The monitor starts after a good build, too. */
  readonly always: boolean;
  /** Called when the user wants the build to begin again. */
  readonly onReload: () => void;
}

/**
 * Looks into a build with the monitor. A failed build ends with its error, regardless of what the
 * user does.
 */
export function monitored(
  { invoke, always, onReload }: DebugOptions,
  console: Console,
  { deps, progress }: { readonly deps: Deps; readonly progress: Progress },
): Inspect {
  return async (build) => {
    const { gateway, result, signal } = build;
    let failure: Error | undefined;
    try {
      await evaluateAll(gateway, result);
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      failure = error;
    }
    if (failure === undefined && !always) return result;
    let reloads = false;
    await progress.asking(async () => {
      if (failure) await tellFailure(failure, { deps, progress }, signal);
      const options = await placeOf(build, failure).catch((error: Error) => error);
      if (options instanceof Error) {
        return deps.stderr.write(`WARNING: no monitor: ${options.message}\n`);
      }
      reloads = await runMonitor({ ...options, console, signal, invoke }) === "reload";
      // The next build has its own display, so the old display isn't painted again.
      if (reloads) progress[Symbol.dispose]();
    });
    if (reloads) onReload();
    if (reloads || failure) throw failure ?? new Error("the build starts again");
    return result;
  };
}

/** Where the monitor's programs run. Rejects where there is no place for them. */
async function placeOf(
  { gateway, result }: Parameters<Inspect>[0],
  failure: Error | undefined,
): Promise<Pick<MonitorOptions, "open" | "surroundings">> {
  const caps = await gateway.capabilities();
  if (!caps.has(capability.exec)) throw new Error("the builder is too old: it needs BuildKit 0.8");
  const results = await platformResults(result);
  if (failure) {
    const failed = failedStepIn(failure, results);
    const exec = failed?.step.op.exec;
    if (!failed || !exec) throw new Error("the failed step runs no program");
    const { env = [], user = "", cwd = "" } = exec.meta ?? {};
    return {
      open: (initial) => containerOfFailure(gateway, failed, { initial }),
      surroundings: { env, user, cwd },
    };
  }
  const [first] = results;
  if (first === undefined) throw new Error("the result is an empty image");
  const { ref, config: { env, user, cwd } } = first;
  const mounts = [messageOf(Mount, { dest: "/", resultID: ref })];
  return {
    async open(initial) {
      if (initial) throw new Error("--init is for failed steps");
      return await gateway.newContainer({ mounts });
    },
    surroundings: { env, user, cwd },
  };
}
