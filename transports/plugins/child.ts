/**
 * Runs a plugin as a process whose stdio is a byte stream, and stops it with all its children.
 *
 * The plugin leads a process group of its own, so Ctrl-C reaches only fairlead, and a stop reaches
 * the plugin's children. If fairlead itself is killed, a shell that waits for the end of a pipe
 * stops the group, because a plugin may ignore the end of its stdin.
 */
import { stderrTail } from "../net/stderr_tail.ts";
import type { ByteStream } from "../byte_stream.ts";
import { after, within } from "../../base/async.ts";
import { ofWebPair } from "./streams.ts";

/** Milliseconds between SIGTERM and SIGKILL. */
const TERM_MS = 3000;

const WINDOWS = Deno.build.os === "windows";

/** A running plugin. */
export interface Child {
  readonly pid: number;
  /** The plugin's stdio; closing the stream stops the process. */
  readonly stream: ByteStream;
  /** Resolves when the process has ended, and its stderr has been read to the end (or for 1 s). */
  readonly ended: Promise<Ending>;
  /** Resolves when a stopped process is gone, and its group and guard, too. */
  readonly gone: Promise<void>;
  /** The last lines of stderr so far, without control characters. */
  stderr(): string;
}

/** How a process ended. */
export interface Ending {
  /** The exit code; 0 if a signal ended the process. */
  readonly code: number;
  readonly signal: string | undefined;
}

/** Options of `startChild`. */
interface ChildOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line of stderr as it comes. */
  readonly log?: (line: string) => void;
}

/** Starts a program. Throws the system's error when the program can't be started. */
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
      // The plugin's children may still run.
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
      // The group has no process any more.
    }
  }
}

/** Starts a shell that stops the group if this process ends without calling `release`. */
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
          // The shell has ended already.
        }
        await Promise.all([shell.status, shell.stdin.abort().catch(() => {})]);
      },
    };
  } catch {
    // On a machine without a shell, the plugin has only the end of its stdin.
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
    // The pipe broke, so no more lines will come.
  }
}

/** Removes escape sequences and control characters, which a terminal would obey. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])/g;
  // deno-lint-ignore no-control-regex
  return text.replace(escapes, "").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
