import type { Deps } from "../../cli/deps.ts";
import type { LoadOptions } from "../../policies/engine_module.ts";

/** The options of loading the policy engine for a command: slow steps are reported on stderr. */
export function engineOptions(
  { env, stderr, signal }: Pick<Deps, "env" | "stderr" | "signal">,
): LoadOptions {
  return { env, note: (line) => stderr.write(`${line}\n`), signal };
}
