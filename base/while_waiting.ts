/**
 * Work that keeps the thread busy for some milliseconds, and may be put off. It costs no time while
 * the program waits for a far side. That is when everything was sent, and nothing came since.
 */
import { after } from "./async.ts";

/** An answer of a daemon nearby, which has little to do, comes within so many milliseconds. */
const QUIET = 5;

const putOff = new Set<() => void>();
let stopWaiting = () => {};

/**
 * Calls `work` when the program next waits for a far side, or in `ms` milliseconds, unless the
 * returned function is called before.
 */
export function whileWaiting(ms: number, work: () => void): () => void {
  const begin = () => {
    stop();
    work();
  };
  putOff.add(begin);
  const stopTimer = after(ms, begin);
  const stop = () => {
    putOff.delete(begin);
    stopTimer();
  };
  return stop;
}

/** Tells that everything was sent. */
export function sentAll(): void {
  if (putOff.size === 0) return;
  stopWaiting();
  const due = performance.now() + QUIET;
  stopWaiting = after(QUIET, () => {
    // If the thread was busy, an answer may have come that nobody has read yet.
    if (performance.now() < due + QUIET) {
      const [begin] = putOff;
      begin?.();
    }
    sentAll();
  });
}

/** Tells that something was received. */
export function received(): void {
  if (putOff.size > 0) stopWaiting();
}
