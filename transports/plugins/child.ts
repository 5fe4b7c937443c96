/**
 * A plugin's process: its stdio as a byte stream, and nothing of it left when it is stopped.
 *
 * It leads a process group of its own, so that Ctrl-C reaches fairlead alone, and a stop reaches
 * what it has started. Should fairlead itself be killed, a shell that waits at a pipe's end does
 * the stopping: a plugin need not notice that its stdin has ended.
 */
import { stderrTail } from "../net/stderr_tail.ts";
import type { ByteStream } from "../byte_stream.ts";
import { after, within } from "../../base/async.ts";
import { ofWebPair } from "./streams.ts";

/** Milliseconds between SIGTERM and SIGKILL. */
const TERM_MS = 3000;

const WINDOWS = Deno.build.os === "windows";

/** A plugin that runs. */
export interface Child {
  readonly pid: number;
  /** Closing it stops the process. */
  readonly stream: ByteStream;
  /** Resolves when the process has ended, and its stderr has been read to the end (or for 1 s). */
  readonly ended: Promise<Ending>;
  /** Resolves when a process that was stopped is gone, and all that stood behind it. */
  readonly gone: Promise<void>;
  /** The last lines of stderr so far, without control characters. */
  stderr(): string;
}

/** How a process ended. */
export interface Ending {
  /** 0 where a signal ended it. */
  readonly code: number;
  readonly signal: string | undefined;
}

/** How to run it. */
export interface ChildOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line of stderr as it comes. */
  readonly log?: (line: string) => void;
}

/** Starts a program. Throws what the system says where it can't be. */
export function startChild(path: string, { args, env = {}, log }: ChildOptions): Child {
  const child = new Deno.Command(path, {
    args: [...args],
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: !WINDOWS,
  }).spawn();
  const guard = guardGroup(child.pid);
  const tail = stderrTail();
  const drained = drain(child.stderr, (bytes) => tail.add(bytes), log);
  const { promise: gone, resolve: allGone } = Promise.withResolvers<void>();
  let over = false;

  const ended = child.status.then(async ({ code, signal }) => {
    over = true;
    await within(drained, 1000);
    return { code: signal === null ? code : 0, signal: signal ?? undefined };
  });
  const stop = () => {
    signalGroup(child.pid, "SIGTERM");
    const calm = after(TERM_MS, () => signalGroup(child.pid, "SIGKILL"));
    void child.status.then(async () => {
      calm();
      // What it has started and left behind.
      signalGroup(child.pid, "SIGKILL");
      await guard.release();
      allGone();
    });
  };
  const stream = ofWebPair({ readable: child.stdout, writable: child.stdin }, { onClose: stop });
  return { pid: child.pid, stream, ended, gone, stderr: () => plain(tail.text()) };

  function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
    try {
      if (!WINDOWS) Deno.kill(-pid, signal);
      else if (!over) child.kill(signal);
    } catch {
      // Nobody is left in it.
    }
  }
}

/** Stops the group when this process has ended without releasing it. */
function guardGroup(pid: number): { release(): Promise<void> } {
  const none = { release: () => Promise.resolve() };
  if (WINDOWS) return none;
  const script = `read -r _
    kill -s TERM -- "-$1" || exit 0
    for second in 1 2 3; do sleep 1; kill -s 0 -- "-$1" || exit 0; done
    kill -s KILL -- "-$1"`;
  try {
    const shell = new Deno.Command("/bin/sh", {
      args: ["-c", script, "fairlead-guard", String(pid)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    shell.unref();
    return {
      async release() {
        try {
          shell.kill("SIGKILL");
        } catch {
          // It is gone already.
        }
        await Promise.all([shell.status, shell.stdin.abort().catch(() => {})]);
      },
    };
  } catch {
    // A machine without a shell: the end of stdin is what the plugin has.
    return none;
  }
}

async function drain(
  stderr: ReadableStream<Uint8Array>,
  keep: (bytes: Uint8Array) => void,
  log: ((line: string) => void) | undefined,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const bytes of stderr) {
      keep(bytes);
      if (log === undefined) continue;
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!.slice(0, 4096);
      for (const line of lines) log(plain(line));
    }
    if (rest !== "") log?.(plain(rest));
  } catch {
    // It broke: there is no more to be had.
  }
}

/** Text without what a terminal would obey. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;
  // deno-lint-ignore no-control-regex
  return text.replace(escapes, "").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
