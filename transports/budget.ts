/** The one time limit of a connection, and the attempts within it. */
import { DialError } from "./errors.ts";
import { after, pause } from "../base/async.ts";
import type { Asking } from "./transport.ts";

/** The time limit of a connection, with its hooks. */
export interface Budget {
  /**
   * Milliseconds for the whole connection: all attempts, from the name to TLS, and the daemon's
   * first byte. 0 means no limit except the system's.
   */
  readonly ms: number;
  /** Called when an attempt failed, and another one follows. */
  readonly onRetry?: (error: DialError) => void;
  /** Asks the person at the terminal; the time stands still meanwhile. */
  readonly asking?: Asking;
}

/** The parameters of an attempt. */
interface Attempt {
  readonly signal: AbortSignal;
  /** The remaining milliseconds; absent without a limit. */
  readonly timeoutMs?: number;
  readonly asking: Asking;
}

/** The result of a dial. */
interface Within<T> {
  readonly result: T;
  /** The remaining milliseconds; Infinity without a limit. */
  readonly left: number;
}

/**
 * Milliseconds before each further attempt: a daemon that has just been started needs about that
 * time.
 */
const PAUSES = [500, 1000];

/**
 * Dials, and after a retryable failure (`DialError.retryable`) dials twice more. Rejects with the
 * far side's last error, and with a timeout only where the far side gave no error.
 */
export async function withinBudget<T>(
  { ms, onRetry, asking: ask = (question) => question() }: Budget,
  outer: AbortSignal,
  dial: (attempt: Attempt) => Promise<T>,
): Promise<Within<T>> {
  const late = new AbortController();
  const clock = countDown(ms > 0 ? ms : Infinity, () => {
    late.abort(new DOMException(`no connection within ${ms} ms`, "TimeoutError"));
  });
  const asking: Asking = async (question) => {
    clock.stop();
    try {
      return await ask(question);
    } finally {
      clock.start();
    }
  };
  const signal = AbortSignal.any([outer, late.signal]);
  let failure: unknown;
  try {
    clock.start();
    for (const wait of [...PAUSES, undefined]) {
      try {
        const limit = ms > 0 ? { timeoutMs: Math.max(1, Math.round(clock.left())) } : {};
        const result = await dial({ signal, asking, ...limit });
        return { result, left: clock.left() };
      } catch (error) {
        outer.throwIfAborted();
        if (late.signal.aborted) throw failure ?? error;
        if (!(error instanceof DialError) || !error.retryable) throw error;
        failure = error;
        if (wait === undefined) break;
        onRetry?.(error);
      }
      await pause(wait, signal).catch(() => {});
      outer.throwIfAborted();
      if (late.signal.aborted) break;
    }
    throw failure;
  } finally {
    clock.stop();
  }
}

/** A timer that can be stopped and continued. */
function countDown(ms: number, due: () => void) {
  let [left, since] = [ms, 0];
  let cancel: (() => void) | undefined;
  const remaining = () => cancel === undefined ? left : left - (performance.now() - since);
  return {
    left: () => Math.max(0, remaining()),
    start() {
      since = performance.now();
      cancel = left === Infinity ? () => {} : after(left, due);
    },
    stop() {
      left = remaining();
      cancel?.();
      cancel = undefined;
    },
  };
}
