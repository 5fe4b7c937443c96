import { after } from "../base/async.ts";
import { Interrupted } from "./deps.ts";
import { exitCodes } from "./exit_codes.ts";

/**
 * The guard (signal_guard.ts), which listens to signals, costs 15 ms, so it starts this many
 * milliseconds after the program. An earlier signal ends the process at once; by then there is
 * hardly anything to clean up.
 */
const LATER = 100;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the returned signal, so that the command ends in an
 * orderly way; the second leaves at once. Even if the main thread is busy or doesn't end, two
 * SIGINT or one SIGTERM end the program.
 * @returns `listening` resolves once signals are listened to
 */
export function interruptible(
  exit: (code: number) => void,
): { readonly signal: AbortSignal; readonly listening: Promise<void> } {
  const controller = new AbortController();
  const listening = Promise.withResolvers<void>();
  after(LATER, async () => {
    // Deno catches SIGHUP itself after a while, and would end what `nohup` has started.
    const ignored = hangUpIsIgnored();
    if (ignored) Deno.addSignalListener("SIGHUP", () => {});
    const { startGuard } = await import("./signal_guard.ts");
    const { cancelled, hungUp } = exitCodes;
    const codes = { SIGINT: cancelled, SIGTERM: cancelled, SIGHUP: hungUp };
    await startGuard(caughtSignals(ignored), codes, (name) => {
      if (controller.signal.aborted) exit(codeAfter(controller.signal, cancelled));
      else controller.abort(new Interrupted(name));
    });
    listening.resolve();
  });
  return { signal: controller.signal, listening: listening.promise };
}

/** The exit code. If the terminal closed, any later failure of the command is a consequence. */
export function codeAfter({ reason }: AbortSignal, code: number): number {
  const hungUp = reason instanceof Interrupted && reason.signal === "SIGHUP";
  return hungUp && code !== 0 ? exitCodes.hungUp : code;
}

/**
 * @param ignored undefined if it isn't known: then SIGHUP keeps its default, and ends the process
 */
function caughtSignals(ignored: boolean | undefined): Interrupted["signal"][] {
  if (Deno.build.os === "windows") return ["SIGINT"];
  return ["SIGINT", "SIGTERM", ...ignored === false ? ["SIGHUP"] as const : []];
}

/**
 * Whether the parent made us ignore SIGHUP, the first bit of the mask; undefined except on Linux.
 */
function hangUpIsIgnored(): boolean | undefined {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return /^SigIgn:\s*[0-9a-f]*[13579bdf]$/m.test(status);
  } catch {
    return undefined;
  }
}
