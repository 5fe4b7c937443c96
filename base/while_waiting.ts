/**
 * Work that keeps the thread busy for some milliseconds, and may be put off. It costs no time while
 * the program waits for a far side. That is when everything was sent, and nothing came since.
 */
import { after } from "./async.ts";

/** An answer that is already on its way comes within so many milliseconds. */
const QUIET = 2;

const putOff = new Set<() => void>();
let stopWaiting = () => {};

/** Calls `work` when the program next waits for a far side, or in `ms` milliseconds. */
export function whileWaiting(ms: number, work: () => void): void {
  const begin = () => {
    if (!putOff.delete(begin)) return;
    stop();
    work();
  };
  putOff.add(begin);
  const stop = after(ms, begin);
}

/** Tells that everything was sent. */
export function sentAll(): void {
  if (putOff.size === 0) return;
  stopWaiting();
  stopWaiting = after(QUIET, () => {
    for (const begin of putOff) begin();
  });
}

/** Tells that something was received. */
export function received(): void {
  if (putOff.size > 0) stopWaiting();
}
