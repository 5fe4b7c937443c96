import { after } from "../../transports/timer.ts";
import { Interrupted } from "./deps.ts";
import { exitCodes } from "./exit_codes.ts";

/**
 * Listening costs 2 ms, so it begins this many milliseconds later, when a command usually waits for
 * a daemon. A signal before that ends the process as the system has it: nothing is there to tidy up.
 */
const LATER = 20;

/**
 * The first SIGINT or SIGTERM aborts the returned signal, so that the command ends in an orderly way;
 * the second leaves at once.
 */
export function interruptible(exit: (code: number) => void): AbortSignal {
  const controller = new AbortController();
  const names = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  after(LATER, () => {
    for (const name of names) {
      Deno.addSignalListener(name, () => {
        if (controller.signal.aborted) exit(exitCodes.cancelled);
        else controller.abort(new Interrupted(name));
      });
    }
  });
  return controller.signal;
}
