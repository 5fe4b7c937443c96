/**
 * Runs a program whose stdin and stdout are a byte stream, and stops it with all its children.
 *
 * The program leads a process group of its own, so Ctrl-C reaches only fairlead, and a stop reaches
 * the program's children. A program may ignore the end of its stdin. So a shell waits for the end
 * of a pipe, and stops the group when fairlead itself is killed.
 */
import type { Ending } from "./ending.ts";
import { stderrTail } from "./stderr_tail.ts";
import type { ByteStream } from "../byte_stream.ts";
import { readUpTo } from "../../base/bytes.ts";
import { after, onAbort, within } from "../../base/async.ts";
import { ofWebPair } from "./web_pair.ts";

/** Milliseconds between SIGTERM and SIGKILL. */
const TERM_MS = 3000;

const WINDOWS = Deno.build.os === "windows";

/** A running program. */
export interface Process {
  readonly pid: number;
  /** The program's stdio; closing the stream stops the process. */
  readonly stream: ByteStream;
  /** Resolves when the process has ended, and its stderr has been read to the end (or for 1 s). */
  readonly ended: Promise<Ending>;
  /** Resolves when a stopped process is gone, and its group and guard, too. */
  readonly gone: Promise<void>;
  /** The last lines of stderr so far, without control characters. */
  stderr(): string;
}

/** Options of `startProcess`. */
interface ProcessOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False for a program that reads the terminal: only the terminal's own group may. */
  readonly ownGroup?: boolean;
  /** Gets each line of stderr as it comes. */
  readonly log?: (line: string) => void;
}

/** Starts a program. Throws the system's error when the program can't be started. */
export function startProcess(
  path: string,
  { args, env = {}, ownGroup = !WINDOWS, log }: ProcessOptions,
): Process {
  const child = new Deno.Command(path, {
    args: [...args],
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: ownGroup,
  }).spawn();
  const guard = ownGroup ? guardGroup(child.pid) : undefined;
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
      // The program's children may still run.
      signalGroup(child.pid, "SIGKILL");
      await guard?.release();
      allGone();
    });
  };
  const pair = { readable: child.stdout, writable: child.stdin };
  const stream = ofWebPair(pair, { onClose: stop, over: child.status });
  return { pid: child.pid, stream, ended, gone, stderr: () => plain(tail.text()) };

  function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
    try {
      if (ownGroup) Deno.kill(-pid, signal);
      else if (!over) child.kill(signal);
    } catch {
      // The group has no process any more.
    }
  }
}

/** How long to wait for the end of a stopped process, in ms; most end at once. */
const STOP_MS = 300;

/**
 * Runs a program without input, and reads its output. Rejects with the system's error for a program
 * that can't be started, a `RangeError` for more than `longest` bytes, or the signal's reason.
 */
export async function outputOf(
  path: string,
  { longest, signal, ...options }: ProcessOptions & { longest: number; signal: AbortSignal },
): Promise<{ ending: Ending; stdout: string; stderr: string }> {
  const { stream, ended, gone, stderr } = startProcess(path, options);
  using _ = onAbort(signal, () => stream.close());
  try {
    void stream.closeWrite();
    const bytes = await readUpTo(stream, longest + 1);
    if (bytes.length > longest) throw new RangeError(`it prints more than ${longest} bytes`);
    const ending = await ended;
    signal.throwIfAborted();
    return { ending, stdout: new TextDecoder().decode(bytes), stderr: stderr() };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    stream.close();
    await within(gone, STOP_MS);
  }
}

/** Starts a shell that stops the group if this process ends without calling `release`. */
function guardGroup(pid: number): { release(): Promise<void> } | undefined {
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
    // On a machine without a shell, the program has only the end of its stdin.
    return undefined;
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
