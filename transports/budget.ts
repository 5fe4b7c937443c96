/** The one time limit of a connection, and the attempts within it. */
import { DialError } from "./errors.ts";
import { after } from "../base/async.ts";
import type { Asking } from "./transport.ts";

/** How long a connection may take, and who is told. */
export interface Budget {
  /**
   * Milliseconds for all of it: every attempt from the name to TLS, and the daemon's first byte;
   * 0 for as long as the system lets it take.
   */
  readonly ms: number;
  /** An attempt failed, and the next one follows in a moment. */
  readonly onRetry?: (error: DialError) => void;
  /** Asks the person at the terminal; meanwhile the time stands still. */
  readonly asking?: Asking;
}

/** What an attempt is given. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** Milliseconds that are left; absent without a limit. */
  readonly timeoutMs?: number;
  readonly asking: Asking;
}

/** What dialling gave. */
export interface Within<T> {
  readonly result: T;
  /** Milliseconds that it left; Infinity without a limit. */
  readonly left: number;
}

/** Milliseconds before each further attempt: a daemon that has just been started is there by then. */
const PAUSES = [500, 1000];

/**
 * Dials; after a failure that may mend by itself (`DialError.retryable`), twice more. Rejects with
 * the last error that the far side gave: that the time ran out is told only where it gave none.
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
    for (const pause of [...PAUSES, undefined]) {
      try {
        const limit = ms > 0 ? { timeoutMs: Math.max(1, Math.round(clock.left())) } : {};
        const result = await dial({ signal, asking, ...limit });
        return { result, left: clock.left() };
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
    clock.stop();
  }
}

/** A timer that can be stopped and goes on where it was. */
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
