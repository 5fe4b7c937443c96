/** Repeats builds after a lost connection, and never after a failure of the build itself. */
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { DialError } from "../../transports/errors.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Progress } from "../../progress/progress.ts";
import { UsageError } from "../../base/usage_error.ts";
import { causesOf } from "../../base/causes.ts";

/** The options of `withRetries` besides the attempt. */
export interface RetryOptions {
  /** How often the builds are repeated at most. */
  readonly retries?: number;
  readonly deps: Pick<Deps, "clock" | "signal">;
  readonly progress: Pick<Progress, "note" | "interrupt">;
  /** The beginning of each error's text, which the display leaves out. */
  readonly errorPrefix: string;
  /** The user asked for another attempt, though the build itself failed. */
  readonly wantedAgain?: () => boolean;
  /** The reason why the builds can't be repeated; undefined while they can. */
  readonly notRepeatable: () => string | undefined;
}

/**
 * The pause before the second attempt, and the longest pause, in ms. Each pause is twice the one
 * before.
 */
const PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

/** The value of `--retry`. Throws `UsageError` for less than 0. */
export function retriesOf(count: number): number {
  if (count >= 0) return count;
  throw new UsageError(`invalid value ${count} of --retry: it can't be negative`);
}

/**
 * Runs an attempt, which opens its own connections and outputs. Runs it again after a pause when
 * its connection was lost, or could not be made for a passing reason. The display reports that, and
 * shows running steps as cancelled. Rejects with the last attempt's error, or the signal's reason.
 */
export async function withRetries<T>(
  { retries = 0, deps, progress, errorPrefix, notRepeatable, wantedAgain }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  let wasThere = false;
  for (let done = 0;; done++) {
    try {
      return await attempt();
    } catch (error) {
      const isWanted = wantedAgain?.() === true && error instanceof Error;
      const trouble: Error | undefined = isWanted ? error : troubleOf(error, wasThere);
      wasThere ||= trouble instanceof ConnectionLost;
      if (trouble === undefined || done === retries || deps.signal.aborted) throw error;
      const obstacle = notRepeatable();
      if (obstacle !== undefined) {
        progress.note(`WARNING: not building again: ${obstacle}`);
        throw error;
      }
      progress.interrupt();
      // The message names the node where there are several.
      const { message } = error as Error;
      const reason = message.startsWith(errorPrefix) ? message.slice(errorPrefix.length) : message;
      progress.note(`${reason}; building again, attempt ${done + 1} of ${retries}`);
      await deps.clock.sleep(Math.min(PAUSE * 2 ** done, LONGEST_PAUSE), deps.signal);
    }
  }
}

/**
 * The error, if the connection or the daemon failed; undefined for an answer of the daemon.
 * @param wasThere a daemon had answered before, so a pod that is missing now may come back
 */
function troubleOf(error: unknown, wasThere: boolean): Error | undefined {
  for (const cause of causesOf(error)) {
    if (cause instanceof ConnectionLost) return cause;
    if (cause instanceof DialError) return mayPass(cause, wasThere) ? cause : undefined;
  }
  return undefined;
}

function mayPass({ retryable, code }: DialError, wasThere: boolean): boolean {
  return retryable || code === "unreachable" || code === "timeout" ||
    (wasThere && code === "not-found");
}
