/** Building again after trouble on the way, never after a failure of the build itself. */
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { DialError } from "../../transports/errors.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Progress } from "../../progress/progress.ts";
import { UsageError } from "../../base/usage_error.ts";

/** What building again goes by. */
export interface RetryOptions {
  /** How often, at most. */
  readonly retries?: number;
  readonly deps: Pick<Deps, "clock" | "signal">;
  readonly progress: Pick<Progress, "note" | "interrupt">;
  /** What may stand before the text of an attempt's error, and isn't repeated. */
  readonly errorPrefix: string;
  /** Why a build can't be made again; undefined as long as it can. */
  readonly spent: () => string | undefined;
}

/** Before the first further attempt, then twice as long each time, up to the longest; in ms. */
const PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

/** The value of `--retry`. Throws `UsageError` for less than 0. */
export function retriesOf(count: number): number {
  if (count >= 0) return count;
  throw new UsageError(`invalid value ${count} of --retry: it can't be negative`);
}

/**
 * Runs an attempt, which makes all connections and outputs of its own; when its connection was lost,
 * or none could be made for a reason that may pass, again after a pause. The display says so, and
 * shows as cancelled what was under way. Rejects with the last attempt's error, or the signal's
 * reason.
 */
export async function withRetries<T>(
  { retries = 0, deps, progress, errorPrefix, spent }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  let wasThere = false;
  for (let done = 0;; done++) {
    try {
      return await attempt();
    } catch (error) {
      const trouble = troubleOf(error, wasThere);
      wasThere ||= trouble instanceof ConnectionLost;
      if (trouble === undefined || done === retries || deps.signal.aborted) throw error;
      const reason = spent();
      if (reason !== undefined) {
        progress.note(`WARNING: not building again: ${reason}`);
        throw error;
      }
      progress.interrupt();
      // With the node that it was, where there are several.
      const said = (error as Error).message;
      const told = said.startsWith(errorPrefix) ? said.slice(errorPrefix.length) : said;
      progress.note(`${told}; building again, attempt ${done + 1} of ${retries}`);
      await deps.clock.sleep(Math.min(PAUSE * 2 ** done, LONGEST_PAUSE), deps.signal);
    }
  }
}

/**
 * Trouble on the way to the daemon, or a daemon that is down; undefined for the daemon's own word.
 * @param wasThere a daemon had answered before: what isn't there now (a pod) may come back
 */
function troubleOf(error: unknown, wasThere: boolean): Error | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ConnectionLost) return cause;
    if (cause instanceof DialError) return mayPass(cause, wasThere) ? cause : undefined;
  }
  return undefined;
}

function mayPass({ retryable, code }: DialError, wasThere: boolean): boolean {
  return retryable || code === "unreachable" || code === "timeout" ||
    (wasThere && code === "not-found");
}
