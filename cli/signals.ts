import { after } from "../base/async.ts";
import { Interrupted } from "./deps.ts";
import { exitCodes } from "./exit_codes.ts";

/**
 * Listening costs 2 ms, so it begins this many milliseconds later, when a command usually waits for
 * a daemon. A signal before that ends the process as the system has it: nothing is there to tidy up.
 */
const LATER = 20;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the returned signal, so that the command ends in an
 * orderly way; the second leaves at once.
 */
export function interruptible(exit: (code: number) => void): AbortSignal {
  const controller = new AbortController();
  after(LATER, () => {
    // With its first listener Deno takes SIGHUP for itself, and would end what `nohup` has started.
    const ignored = hangUpIsIgnored();
    if (ignored) Deno.addSignalListener("SIGHUP", () => {});
    for (const name of heeded(ignored)) {
      Deno.addSignalListener(name, () => {
        if (controller.signal.aborted) exit(codeAfter(controller.signal, exitCodes.cancelled));
        else controller.abort(new Interrupted(name));
      });
    }
  });
  return controller.signal;
}

/** The exit code: a command that lost its terminal had no other failure, whatever it met then. */
export function codeAfter({ reason }: AbortSignal, code: number): number {
  const hungUp = reason instanceof Interrupted && reason.signal === "SIGHUP";
  return hungUp && code !== 0 ? exitCodes.hungUp : code;
}

/** @param ignored undefined where it can't be known: then SIGHUP ends the process, as by itself */
function heeded(ignored: boolean | undefined): Interrupted["signal"][] {
  if (Deno.build.os === "windows") return ["SIGINT"];
  return ["SIGINT", "SIGTERM", ...ignored === false ? ["SIGHUP"] as const : []];
}

/** Whether we were started to ignore SIGHUP, the first bit of the mask; undefined but on Linux. */
function hangUpIsIgnored(): boolean | undefined {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return /^SigIgn:\s*[0-9a-f]*[13579bdf]$/m.test(status);
  } catch {
    return undefined;
  }
}
