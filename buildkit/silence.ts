import { every } from "../base/async.ts";
import type { Connection } from "./http2/connection.ts";

/**
 * Milliseconds without a byte from the daemon after which an open session counts as lost. The
 * daemon calls Health every 5 s, so four calls are missing by then.
 */
export const SILENCE = 25_000;
/**
 * The number of checks of the connection within that time, and the check that sends the request.
 */
const LOOKS = 25;
const ASKS = 10;

/**
 * The share of the time that nothing must have come from the peer, to call the peer silent. Calls
 * of Health come every 5 s, and one that gets no answer is given up after 15: the share lies
 * between.
 */
const SILENT = 0.7;

/** Nothing comes from the peer any more, or nothing reaches the peer. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
  readonly seconds: number;
  /** @param direction the direction in which nothing passes */
  constructor(milliseconds: number, direction: "from" | "to" = "from") {
    const seconds = milliseconds / 1000;
    super(
      direction === "from"
        ? `nothing came from it for ${seconds} s`
        : `nothing reached it for ${seconds} s`,
    );
    this.seconds = seconds;
  }
}

/**
 * Ends the connection when nothing comes from the peer any more. PINGs can't find that out, because
 * the daemon closes connections with more than one PING in 5 minutes.
 *
 * @param ask for connections without a session, on which a healthy daemon may be silent: sends a
 *   small request. It is called once in each silence, after two fifths of the time
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
 * Ends the connection of a session when nothing shows any more that the peer receives this side's
 * bytes. Received bytes alone don't show that: one direction of a tunnel may be dead while the
 * other works. Two signs do: a call to Health that follows an answered one, and WINDOW_UPDATEs,
 * which acknowledge sent bytes.
 * @param lastHeard when such a call came last, by `performance.now()`
 */
export function endWhenUnheard(
  connection: Connection,
  lastHeard: () => number,
  limit = SILENCE,
): Disposable {
  return whenStill(() => Math.max(lastHeard(), connection.lastAcknowledged), limit, {
    still() {
      // The peer's last data may have come seconds after its last sign of life. Then the whole
      // network fell silent.
      const silence = performance.now() - connection.lastReceived;
      connection.lost(new SilenceError(limit, silence >= SILENT * limit ? "from" : "to"));
    },
  });
}

/**
 * Calls `still`, once, when a value has been the same for `limit` milliseconds.
 *
 * Looks are counted, not milliseconds. A process that was stopped (Ctrl-Z, a sleeping machine)
 * reads what came meanwhile before it looks so often again.
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
