import { every } from "../transports/timer.ts";
import type { Connection } from "./http2/connection.ts";

/**
 * Milliseconds without a byte from the daemon after which an open session counts as lost: the daemon
 * asks for its health every 5 s, so four such calls have not come.
 */
export const SILENCE = 25_000;
/** Looks at the connection within that time. */
const LOOKS = 5;
const ASKS = 2;

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
 * Looks are counted, not milliseconds: a process that was stopped (Ctrl-Z, a sleeping machine)
 * reads what came meanwhile before it can have looked again as often as that.
 *
 * @param ask where a healthy daemon may have nothing to say, since there is no session: sends it a
 *   small question, called once in each silence, when two fifths of the time are over
 */
export function endWhenSilent(
  connection: Connection,
  limit = SILENCE,
  ask: () => void = () => {},
): Disposable {
  let last = connection.lastReceived;
  let silent = 0;
  const stop = every(limit / LOOKS, () => {
    silent = connection.lastReceived === last ? silent + 1 : 0;
    last = connection.lastReceived;
    if (silent === ASKS) ask();
    if (silent < LOOKS) return;
    stop();
    connection.lost(new SilenceError(limit));
  });
  return { [Symbol.dispose]: stop };
}
