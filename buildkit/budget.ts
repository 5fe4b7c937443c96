/** The one time limit of a connection, and the attempts within it. */
import { DialError } from "../transports/errors.ts";
import { after } from "../transports/timer.ts";

/** How long a connection may take, and who is told. */
export interface Budget {
  /**
   * Milliseconds for all of it: every attempt from the name to TLS, and the daemon's first byte;
   * 0 for as long as the system lets it take.
   */
  readonly ms: number;
  /** An attempt failed, and the next one follows in a moment. */
  readonly onRetry?: (error: DialError) => void;
}

/** What an attempt is given. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** Milliseconds that are left; absent without a limit. */
  readonly timeoutMs?: number;
}

/** Milliseconds before each further attempt: a daemon that has just been started is there by then. */
const PAUSES = [500, 1000];

/**
 * Dials; after a failure that may mend by itself (`DialError.retryable`), twice more. Rejects with
 * the last error that the far side gave: that the time ran out is told only where it gave none.
 */
export async function withinBudget<T>(
  { ms, onRetry }: Budget,
  outer: AbortSignal,
  dial: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const end = performance.now() + ms;
  const stop = ms <= 0 ? () => {} : after(ms, () => {
    late.abort(new DOMException(`no connection within ${ms} ms`, "TimeoutError"));
  });
  const signal = AbortSignal.any([outer, late.signal]);
  let failure: unknown;
  try {
    for (const pause of [...PAUSES, undefined]) {
      try {
        const left = ms <= 0 ? {} : { timeoutMs: Math.max(1, Math.round(end - performance.now())) };
        return await dial({ signal, ...left });
      } catch (error) {
        outer.throwIfAborted();
        if (late.signal.aborted) throw failure ?? error;
        if (!(error instanceof DialError) || !error.retryable) throw error;
        failure = error;
        if (pause === undefined) break;
        onRetry?.(error);
      }
      await delay(pause, signal);
      outer.throwIfAborted();
      if (late.signal.aborted) break;
    }
    throw failure;
  } finally {
    stop();
  }
}

/** Resolves after so many milliseconds, or when the signal is aborted. */
async function delay(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const stop = after(ms, wake);
  signal.addEventListener("abort", wake, { once: true });
  if (signal.aborted) wake();
  await promise;
  stop();
  signal.removeEventListener("abort", wake);
}
