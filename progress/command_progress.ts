import type { Deps } from "../cli/deps.ts";
import { debugIsSet } from "../cli/run.ts";
import type { Mode } from "./mode.ts";
import { type Progress, startProgress, type Watcher } from "./progress.ts";

/** What a command's progress tells beside the steps. */
export interface CommandProgress {
  readonly mode: Mode;
  /** Where the build runs; without one, nothing is said of it. */
  readonly builder?: { readonly name: string; readonly driver: string } | undefined;
  /** `--debug`, as `DEBUG` in the environment: explain warnings. */
  readonly debug: boolean;
  readonly watcher?: Watcher | undefined;
}

/** Starts the progress of a command on its standard error. */
export function progressOf(
  deps: Deps,
  { mode, builder, debug, watcher }: CommandProgress,
): Progress {
  const { env, stderr, clock } = deps;
  return startProgress({
    mode,
    out: stderr,
    size: () => stderr.size() ?? { columns: 80, rows: 24 },
    env,
    now: clock.now,
    driver: builder?.driver ?? "",
    builder: builder?.name ?? "",
    expandWarnings: debug || debugIsSet(env),
    ...watcher && { watcher },
  });
}
