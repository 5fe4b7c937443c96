/**
 * Work that keeps the thread busy for some milliseconds, and may be put off. It costs no time while
 * the program waits for a far side. That is when everything was sent, and nothing came since.
 */
import { after } from "./async.ts";

/** An answer of a daemon nearby, which has little to do, comes within so many milliseconds. */
const QUIET = 5;

const putOff = new Set<() => void>();
/** Everything was sent, and nothing came since. */
let isWaiting = false;
let stopLooking = () => {};

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
  if (isWaiting) look();
  return stop;
}

/** Tells that everything was sent. */
export function sentAll(): void {
  isWaiting = true;
  if (putOff.size > 0) look();
}

/** Tells that something was received. */
export function received(): void {
  isWaiting = false;
  if (putOff.size > 0) stopLooking();
}

/** Does one piece of work once the program has waited for a while, and looks again. */
function look(): void {
  stopLooking();
  const due = performance.now() + QUIET;
  stopLooking = after(QUIET, () => {
    // If the thread was busy, an answer may have come that nobody has read yet.
    if (performance.now() < due + QUIET) {
      const [begin] = putOff;
      begin?.();
    }
    if (isWaiting && putOff.size > 0) look();
  });
}
