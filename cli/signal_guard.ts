/**
 * A second thread that listens to signals, and reports them to the main thread. The guard ends the
 * program if the main thread doesn't obey: that thread may be deep in a computation, or blocked in
 * a write to a pipe that has no reader. Only the guard listens, so the main thread misses no signal
 * that the guard has caught. A worker costs the main thread 15 ms and 15 MB, so short commands
 * never start one (signals.ts).
 */
import { libcNames } from "../base/libc_names.ts";
import type { Interrupted } from "./deps.ts";

type Signal = Interrupted["signal"];

/** The options of the guard's thread. Times are in milliseconds. */
interface GuardOptions {
  readonly signals: readonly Signal[];
  /** The main thread sets its first element once it has heard a signal. */
  readonly heard: Int32Array<SharedArrayBuffer>;
  readonly libc: readonly string[];
  readonly isMac: boolean;
  readonly exitCodes: Readonly<Record<Signal, number>>;
  /** The time from the second signal on until the main thread must have ended by itself. */
  readonly leave: number;
  /** The time from SIGTERM or SIGHUP on until the main thread must have heard the signal. */
  readonly hear: number;
  /** The time from SIGTERM or SIGHUP on for an orderly end. */
  readonly orderly: number;
}

const TIMES = { leave: 500, hear: 2000, orderly: 10_000 };

/**
 * Starts the guard.
 * @param hear called in the main thread with each signal
 * @returns resolves once signals are listened to
 */
export function startGuard(
  signals: readonly Signal[],
  exitCodes: GuardOptions["exitCodes"],
  hear: (name: Signal) => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  /** If no worker can be started, the main thread listens alone. */
  const listenAlone = () => {
    for (const name of signals) Deno.addSignalListener(name, () => hear(name));
    resolve();
  };
  try {
    // The code comes along as text: a packed program has no file for it.
    const source = `(${guard})()`;
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    const worker = new Worker(url, { type: "module", name: "signals" });
    const heard = new Int32Array(new SharedArrayBuffer(4));
    const isMac = Deno.build.os === "darwin";
    const options: GuardOptions = {
      ...{ signals, heard, libc: libcNames(), isMac, exitCodes, ...TIMES },
    };
    worker.onmessage = ({ data }: { data: Signal | null }) => {
      if (data === null) return resolve();
      Atomics.store(heard, 0, 1);
      hear(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      listenAlone();
    };
    worker.postMessage(options);
  } catch {
    listenAlone();
  }
  return promise;
}

/** The code of the guard's thread. It can't use other values of this file, only types. */
function guard(): void {
  const scope = self as unknown as {
    onmessage: (event: { data: GuardOptions }) => void;
    /** The name of a signal, or null once the guard listens. */
    postMessage(message: Signal | null): void;
  };

  /** Opens libc by the first name that works; undefined if none does. */
  function open<S extends Deno.ForeignLibraryInterface>(names: readonly string[], symbols: S) {
    for (const name of names) {
      try {
        return Deno.dlopen(name, symbols).symbols;
      } catch {
        continue;
      }
    }
    return undefined;
  }

  /** SIGUSR1 would open Deno's inspector, through which any local user could run code. */
  function ignoreInspector({ libc, isMac }: GuardOptions): void {
    // Deno installs its handler once. This brings that forward, so that nothing undoes the next
    // line.
    Deno.addSignalListener("SIGUSR1", () => {});
    const SIG_IGN = 1n;
    open(libc, { signal: { parameters: ["i32", "usize"], result: "usize" } })
      ?.signal(isMac ? 30 : 10, SIG_IGN);
  }

  scope.onmessage = ({ data }) => {
    let count = 0;
    const end = (name: Signal) => {
      const write = (text: string) => Deno.stderr.write(new TextEncoder().encode(text));
      // Not awaited: the terminal may be stopped.
      if (Deno.stderr.isTerminal()) void write("\x1b[?7h\x1b[?25h").catch(() => {});
      setTimeout(() => {
        open(data.libc, { _exit: { parameters: ["i32"], result: "void" } })
          ?._exit(data.exitCodes[name]);
        Deno.kill(Deno.pid, "SIGKILL");
      }, 50);
    };
    for (const name of data.signals) {
      Deno.addSignalListener(name, () => {
        scope.postMessage(name);
        count++;
        if (count > 1) setTimeout(end, data.leave, name);
        if (name === "SIGINT") return;
        setTimeout(() => {
          if (Atomics.load(data.heard, 0) === 0) end(name);
        }, data.hear);
        setTimeout(end, data.orderly, name);
      });
    }
    if (Deno.build.os !== "windows") ignoreInspector(data);
    scope.postMessage(null);
  };
}
