/** Shows the output of policies as one step of the build's progress. */
import { after } from "../base/async.ts";
import type { LocalVertex, LocalVertexes } from "../progress/local.ts";
import type { PolicyLogLevel } from "./composition.ts";
import type { EngineLog } from "./engine.ts";

/** Milliseconds without a line after which the step is shown as done, until the next line. */
const QUIET = 500;

const RANK: Record<PolicyLogLevel, number> = {
  panic: 0,
  fatal: 1,
  error: 2,
  warning: 3,
  info: 4,
  debug: 5,
  trace: 6,
};

/** The log of policies. The step appears with the first line. */
interface PolicyLog {
  /** @param level the most detailed level that is shown for this policy */
  write(lines: readonly EngineLog[], level: PolicyLogLevel): void;
  /** Ends the step. @param error the error by which a policy ended the build */
  close(error?: Error): void;
}

/** @param modules the names of all files of the policies, in their order */
export function policyLog(local: LocalVertexes, modules: readonly string[]): PolicyLog {
  let vertex: LocalVertex | undefined;
  let stop = () => {};
  return {
    write(lines, most) {
      for (const { level, text } of lines) {
        if (RANK[level === "warn" ? "warning" : level] > RANK[most]) continue;
        vertex ??= local.start(`loading policies ${modules.join(", ")}`);
        vertex.log(`${text}\n`);
      }
      if (vertex === undefined) return;
      stop();
      stop = after(QUIET, () => vertex?.pause());
    },
    close(error) {
      stop();
      if (error) vertex?.fail(error);
      else vertex?.done();
    },
  };
}
