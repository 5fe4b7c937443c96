/**
 * A second thread that ends the program when signals ask for it and the main thread doesn't obey. The
 * main thread may be deep in a computation, or blocked in a write to a pipe that has no reader. Deno hands a signal to
 * every thread's event loop, and a worker's is always free. A worker costs the main thread 15 ms and
 * 15 MB, so short commands never start one (signals.ts).
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
 * @param onReady called once the guard listens; from then on the main thread may listen, too
 * @returns a function to call when the main thread has heard a signal
 */
export function startGuard(
  signals: readonly Signal[],
  exitCodes: GuardOptions["exitCodes"],
  onReady: () => void,
): () => void {
  const heard = new Int32Array(new SharedArrayBuffer(4));
  const isMac = Deno.build.os === "darwin";
  const options: GuardOptions = {
    ...{ signals, heard, libc: libcNames(), isMac, exitCodes, ...TIMES },
  };
  try {
    // The code comes along as text: a packed program has no file for it.
    const source = `(${guard})()`;
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    const worker = new Worker(url, { type: "module", name: "signals" });
    worker.onmessage = onReady;
    worker.onerror = (event) => {
      event.preventDefault();
      onReady();
    };
    worker.postMessage(options);
  } catch {
    // If no worker can be started, the main thread listens alone.
    onReady();
  }
  return () => Atomics.store(heard, 0, 1);
}

/** The code of the guard's thread. It can't use other values of this file, only types. */
function guard(): void {
  const scope = self as unknown as {
    onmessage: (event: { data: GuardOptions }) => void;
    postMessage(message: null): void;
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
    // Deno installs its handler once. This brings that forward, so that nothing undoes the next line.
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
