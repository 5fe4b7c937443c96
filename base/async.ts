/**
 * Timers for code that every build runs. The first call of `setTimeout` costs 4 to 5 ms, because
 * Deno 2.9 then loads node's timers. A signal's timeout costs nothing.
 */

/** Calls `due` in `ms` milliseconds, unless the returned function is called before. */
export function after(ms: number, due: () => void): () => void {
  const signal = AbortSignal.timeout(ms);
  signal.addEventListener("abort", due, { once: true });
  return () => signal.removeEventListener("abort", due);
}

/** Calls `due` every `ms` milliseconds, until the returned function is called. */
export function every(ms: number, due: () => void): () => void {
  let stop = after(ms, tick);
  let stopped = false;
  function tick(): void {
    due();
    if (!stopped) stop = after(ms, tick);
  }
  return () => {
    stopped = true;
    stop();
  };
}

/** Waits for `promise`, but no longer than `ms` milliseconds; rejects as `promise` does. */
export async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const stop = after(ms, late.resolve);
  try {
    await Promise.race([promise, late.promise]);
  } finally {
    stop();
  }
}

/** A signal that is aborted with `signal`, or after `ms` milliseconds; 0 for no limit. */
export function withTimeout(signal: AbortSignal, ms: number): AbortSignal {
  return ms > 0 ? AbortSignal.any([signal, AbortSignal.timeout(ms)]) : signal;
}

/** A signal that is aborted `ms` milliseconds after `signal`, for work that must not be cut off. */
export function graceAfter(signal: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController();
  onAbort(signal, () => after(ms, () => late.abort(signal.reason)));
  return late.signal;
}

/** Lets `ms` milliseconds pass; rejects with the signal's reason if the signal is aborted first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = after(ms, resolve);
  try {
    await abortable(promise, signal);
  } finally {
    stop();
  }
}

/**
 * The outcome of `promise`, or a rejection with the signal's reason if the signal is aborted first.
 * The work behind `promise` goes on; its late failure is ignored.
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _ = onAbort(signal, () => reject(signal.reason));
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    promise.catch(() => {});
  }
}

/**
 * Calls `react` once the signal is aborted, or now if it already is; disposing cancels the call.
 */
export function onAbort(signal: AbortSignal, react: () => void): Disposable {
  if (signal.aborted) react();
  else signal.addEventListener("abort", react, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", react) };
}

/**
 * Gives a function that runs at most `most` calls at a time; further calls wait in order. A call
 * whose signal is aborted while it waits rejects with the signal's reason.
 */
export function takeTurns(
  most: number,
): <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  let running = 0;
  const waiting = new Set<() => void>();
  return async (work, signal) => {
    if (running >= most) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.add(resolve);
      using _ = signal && onAbort(signal, () => {
        if (waiting.delete(resolve)) reject(signal.reason);
      });
      await promise;
    } else running++;
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next === undefined) running--;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}
