import { after } from "../base/async.ts";
import { whileWaiting } from "../base/while_waiting.ts";
import { cursor } from "./cursor.ts";
import { Interrupted } from "./deps.ts";
import { exitCodes } from "./exit_codes.ts";

/**
 * The guard (signal_guard.ts), which listens to signals, starts this many milliseconds after the
 * program. An earlier signal ends the process at once; by then there is hardly anything to clean
 * up.
 */
const LATER = 100;
/**
 * The guard costs 15 ms: it waits at most so many milliseconds for a moment in which they are free.
 */
const PATIENCE = 50;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the returned signal, so that the command ends in an
 * orderly way; the second leaves at once. Even if the main thread is busy or doesn't end, two
 * SIGINT or one SIGTERM end the program.
 * @returns `listen` makes sure that signals are listened to, and resolves then
 */
export function interruptible(
  exit: (code: number) => void,
): { readonly signal: AbortSignal; readonly listen: () => Promise<void> } {
  cursor.mayHide = false;
  const controller = new AbortController();
  let listening: Promise<void> | undefined;
  const listen = () => listening ??= listenTo(controller, exit);
  after(LATER, () => whileWaiting(PATIENCE, () => void listen()));
  return { signal: controller.signal, listen };
}

async function listenTo(
  controller: AbortController,
  exit: (code: number) => void,
): Promise<void> {
  // Deno catches SIGHUP itself after a while, and would end what `nohup` has started.
  const ignored = hangUpIsIgnored();
  if (ignored) Deno.addSignalListener("SIGHUP", () => {});
  const { startGuard } = await import("./signal_guard.ts" /* at every run */);
  const { cancelled, hungUp } = exitCodes;
  const codes = { SIGINT: cancelled, SIGTERM: cancelled, SIGHUP: hungUp };
  await startGuard(caughtSignals(ignored), codes, (name) => {
    if (controller.signal.aborted) exit(codeAfter(controller.signal, cancelled));
    else controller.abort(new Interrupted(name));
  });
  cursor.mayHide = true;
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
