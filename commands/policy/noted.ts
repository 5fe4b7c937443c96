import type { Deps } from "../../cli/deps.ts";
import type { LoadOptions } from "../../policies/engine_module.ts";

/** Loading the engine says on stderr what takes long. */
export function noted(
  { env, stderr, signal }: Pick<Deps, "env" | "stderr" | "signal">,
): LoadOptions {
  return { env, note: (line) => stderr.write(`${line}\n`), signal };
}
