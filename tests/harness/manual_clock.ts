/**
 * A clock that a test moves by hand. A limit then passes when the test says so, and not earlier
 * because the machine is busy.
 */

import assert from "node:assert/strict";

/** Stands for the program's clock and timers (`base/async.ts`) until it is disposed of. */
export interface ManualClock extends Disposable {
  /**
   * Lets so many milliseconds pass, after the work that is ready now; what becomes due meanwhile
   * runs in order.
   */
  advance(ms: number): Promise<void>;
  /** How many timers of so many milliseconds have been started. */
  started(ms: number): number;
}

interface Timer {
  readonly due: number;
  readonly controller: AbortController;
}

/** Replaces `AbortSignal.timeout` and `performance.now`, but not `setTimeout`, in a test file. */
export function manualClock(): ManualClock {
  const real = { timeout: AbortSignal.timeout, now: performance.now };
  const timers = new Set<Timer>();
  const started = new Map<number, number>();
  let now = performance.now();
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    timers.add({ due: now + ms, controller });
    started.set(ms, (started.get(ms) ?? 0) + 1);
    return controller.signal;
  };
  performance.now = () => now;

  function next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  }

  return {
    async advance(ms) {
      await turn();
      const end = now + ms;
      for (let timer; (timer = next(end)) !== undefined;) {
        timers.delete(timer);
        now = timer.due;
        timer.controller.abort(new DOMException("Signal timed out.", "TimeoutError"));
        await turn();
      }
      now = end;
      await turn();
    },
    started: (ms) => started.get(ms) ?? 0,
    [Symbol.dispose]() {
      AbortSignal.timeout = real.timeout;
      performance.now = real.now;
    },
  };
}

/**
 * Waits until a condition holds. The limit only ends a test whose condition never will.
 * @param said the message of such a test
 */
export async function eventually(
  condition: () => boolean,
  said = () => `it never held: ${condition}`,
): Promise<void> {
  const began = Date.now();
  while (!condition()) {
    assert(Date.now() - began < 120_000, said());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Lets other work run, without a wait. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
