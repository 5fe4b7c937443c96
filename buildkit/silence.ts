import { every } from "../base/async.ts";
import type { Connection } from "./http2/connection.ts";

/**
 * Milliseconds without a byte from the daemon after which an open session counts as lost: the daemon
 * asks for its health every 5 s, so four such calls have not come.
 */
export const SILENCE = 25_000;
/** Looks at the connection within that time, and the one at which it is asked. */
const LOOKS = 25;
const ASKS = 10;

/** Nothing came from the peer any more. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
  readonly seconds: number;
  constructor(milliseconds: number) {
    super(`nothing came from it for ${milliseconds / 1000} s`);
    this.seconds = milliseconds / 1000;
  }
}

/**
 * Ends the connection when nothing comes from the peer any more. PINGs of ours are no way to find
 * out: the daemon hangs up on more than one in 5 minutes.
 *
 * @param ask where a healthy daemon may have nothing to say, since there is no session: sends it a
 *   small question, called once in each silence, when two fifths of the time are over
 */
export function endWhenSilent(
  connection: Connection,
  limit = SILENCE,
  ask: () => void = () => {},
): Disposable {
  return whenStill(() => connection.lastReceived, limit, {
    still: () => connection.lost(new SilenceError(limit)),
    ask,
  });
}

/**
 * Calls `still`, once, when a value has been the same for `limit` milliseconds.
 *
 * Looks are counted, not milliseconds: a process that was stopped (Ctrl-Z, a sleeping machine)
 * reads what came meanwhile before it can have looked again as often as that.
 */
export function whenStill(
  read: () => number,
  limit: number,
  { still, ask = () => {} }: { readonly still: () => void; readonly ask?: () => void },
): Disposable {
  let last = read();
  let same = 0;
  const stop = every(limit / LOOKS, () => {
    const value = read();
    same = value === last ? same + 1 : 0;
    last = value;
    if (same === ASKS) ask();
    if (same < LOOKS) return;
    stop();
    still();
  });
  return { [Symbol.dispose]: stop };
}
