import type { Builder } from "../../builders/builder.ts";
import type { Deps } from "../../cli/deps.ts";
import { chooseMode } from "../../progress/mode.ts";
import { progressOf } from "../../progress/command_progress.ts";
import type { Progress, Watcher } from "../../progress/progress.ts";

/** Starts the progress display, and starts it again after a question. */
export function displays(
  builder: Builder | undefined,
  { deps, flag, debug, watcher }: {
    readonly deps: Deps;
    /** `--progress`. */
    readonly flag: string;
    readonly debug: boolean;
    readonly watcher: Watcher | undefined;
  },
): () => Progress {
  const { env, stderr } = deps;
  const { mode } = chooseMode({ flag, quiet: false, env, isTerminal: stderr.isTerminal });
  return () => progressOf(deps, { mode, builder, debug, watcher });
}
