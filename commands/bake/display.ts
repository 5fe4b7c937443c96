import type { Builder } from "../../builders/builder.ts";
import type { Deps } from "../program/deps.ts";
import { chooseMode } from "../progress/mode.ts";
import { type Progress, startProgress } from "../progress/progress.ts";

/** A way to start the progress display, and to start it again after a question. */
export function displays(
  builder: Builder | undefined,
  { deps, flag, debug }: {
    readonly deps: Deps;
    /** `--progress`. */
    readonly flag: string;
    readonly debug: boolean;
  },
): () => Progress {
  const { env, stderr } = deps;
  const { mode } = chooseMode({ flag, quiet: false, env, isTerminal: stderr.isTerminal });
  return () =>
    startProgress({
      mode,
      out: stderr,
      size: () => stderr.size() ?? { columns: 80, rows: 24 },
      env,
      now: deps.clock.now,
      driver: builder?.driver ?? "",
      builder: builder?.name ?? "",
      expandWarnings: debug,
    });
}
