import type { Deps } from "../cli/deps.ts";
import { debugIsSet } from "../cli/run.ts";
import type { Mode } from "./mode.ts";
import { type Progress, startProgress, type Watcher } from "./progress.ts";

/** The options of a command's progress. */
export interface CommandProgress {
  readonly mode: Mode;
  /** The builder of the build; absent, the progress names none. */
  readonly builder?: { readonly name: string; readonly driver: string } | undefined;
  /** The title of plain progress and the label of a terminal's, instead of the builder's. */
  readonly heading?: { readonly title: string; readonly label: string };
  /** `--debug`, as `DEBUG` in the environment: explain warnings. */
  readonly debug: boolean;
  readonly watcher?: Watcher | undefined;
}

/** Starts the progress of a command on its standard error. */
export function progressOf(
  deps: Deps,
  { mode, builder, heading, debug, watcher }: CommandProgress,
): Progress {
  const { env, stderr, clock } = deps;
  const where = builder && {
    title: `building with ${JSON.stringify(builder.name)} instance using ${builder.driver} driver`,
    label: `${builder.driver}:${builder.name}`,
  };
  return startProgress({
    mode,
    out: stderr,
    size: () => stderr.size() ?? { columns: 80, rows: 24 },
    env,
    now: clock.now,
    signal: deps.signal,
    ...heading ?? where ?? { title: "", label: "" },
    expandWarnings: debug || debugIsSet(env),
    ...watcher && { watcher },
  });
}
