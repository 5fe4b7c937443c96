import type { Deps } from "../../cli/deps.ts";
import type { LoadOptions } from "../../policies/engine_module.ts";

/** Loading the engine says on stderr what takes long. */
export function noted({ stderr, signal }: Pick<Deps, "stderr" | "signal">): LoadOptions {
  return { note: (line) => stderr.write(`${line}\n`), signal };
}
