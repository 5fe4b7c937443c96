/** Tells the user of a failed build before its display ends: a shell or a prompt follows. */
import { pause } from "../base/async.ts";
import { BuildError } from "../builds/build_error.ts";
import type { Deps } from "../cli/deps.ts";
import { failedBlocks } from "../progress/end_blocks.ts";
import type { Progress } from "../progress/progress.ts";
import { isFailed } from "../progress/state.ts";

/**
 * How long the progress may come behind the error, and how often it is looked at, in milliseconds.
 */
const LATEST = 2000;
const EVERY = 20;

/**
 * Prints the failed step's output, its place in the Dockerfile, and the error. The daemon sends the
 * output on another stream than the error, so that it may come later.
 */
export async function tellFailure(
  error: Error,
  { deps, progress }: { readonly deps: Pick<Deps, "stderr">; readonly progress: Progress },
  signal: AbortSignal,
): Promise<void> {
  for (let waited = 0; waited < LATEST && !progress.state.started.some(isFailed); waited += EVERY) {
    await pause(EVERY, signal);
  }
  if (progress.mode === "tty") deps.stderr.write(failedBlocks(progress.state, true));
  const { above, message } = new BuildError(error, "");
  deps.stderr.write([...above, `ERROR: ${message}`, ""].join("\n"));
}
