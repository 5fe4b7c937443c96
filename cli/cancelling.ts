import { after } from "../base/async.ts";
import { clearRest, rowStart } from "./cursor.ts";
import { type Deps, Interrupted } from "./deps.ts";

/** The answer to the first Ctrl-C. */
export const CANCELLING = "cancelling; press Ctrl-C again to leave";

/** Most commands end within this many milliseconds of an interrupt, and need no answer. */
const PATIENCE = 100;

/** Interrupts that a display has answered in its own place. */
const answered = new WeakSet<Interrupted>();

/**
 * A display answers this interrupt: no other line does. @param reason of the signal that was
 * aborted
 */
export function answerHere(reason: unknown): void {
  if (reason instanceof Interrupted) answered.add(reason);
}

/** Answers Ctrl-C on a terminal where no display does, if the command doesn't end soon. */
export function answerCtrlC({ signal, stderr }: Pick<Deps, "signal" | "stderr">): Disposable {
  let stop = () => {};
  const onAbort = () => {
    const { reason } = signal;
    if (!(reason instanceof Interrupted) || reason.signal !== "SIGINT") return;
    stop = after(PATIENCE, () => {
      if (!answered.has(reason)) stderr.paint([rowStart, clearRest, `${CANCELLING}\n`]);
    });
  };
  if (stderr.isTerminal) signal.addEventListener("abort", onAbort, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener("abort", onAbort);
      stop();
    },
  };
}
