import type { Deps } from "../../cli/deps.ts";
import type { LoadOptions } from "../../policies/engine_module.ts";

/** Loads the engine, and reports slow steps on stderr. */
export function noted(
  { env, stderr, signal }: Pick<Deps, "env" | "stderr" | "signal">,
): LoadOptions {
  return { env, note: (line) => stderr.write(`${line}\n`), signal };
}
