/**
 * A program's stdin and stdout as a byte stream; its stderr is kept for errors.
 *
 * The program runs in its own process group. So the terminal's Ctrl-C, which goes to the whole
 * foreground group, reaches only fairlead, and the program's children end with it. Closing ends the
 * program's stdin and sends SIGTERM, 3 s later SIGKILL.
 */
import { stderrTail } from "./stderr_tail.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, interrupted } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** The program to run, and the texts of its errors. */
interface ChildSpec {
  /** The endpoint as errors show it. */
  readonly endpoint: string;
  readonly program: string;
  readonly args: readonly string[];
  /** The program's name in messages, where that isn't the command. */
  readonly shown?: string;
  /** The remedy when there is no such program. */
  readonly absentHint: string;
  /** Returns the remedy for a failure, by the program's stderr. */
  hint(stderr: string): string;
}

const KILL_AFTER_MS = 3000;

/** Starts the program. Throws `DialError`, or the signal's reason. */
export function startChild(spec: ChildSpec, { signal, step }: DialContext): ByteStream {
  const { endpoint, program, args } = spec;
  if (signal.aborted) throw interrupted(signal, endpoint, "exec");
  step("exec", shownOf(spec));
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (cause) {
    const absent = cause instanceof Deno.errors.NotFound;
    throw new DialError(
      absent ? `the program ${program} is not installed` : `${program} can't be run: ${cause}`,
      { endpoint, step: "exec", code: "unsupported", cause, hint: spec.absentHint },
    );
  }
  return childStream(spec, child);
}

function shownOf({ shown, program, args }: ChildSpec): string {
  return shown ?? [program, ...args].join(" ");
}

function childStream(spec: ChildSpec, child: Deno.ChildProcess): ByteStream {
  const tail = stderrTail();
  const reader = child.stdout.getReader({ mode: "byob" });
  const writer = child.stdin.getWriter();
  const drained = drain(child.stderr, (bytes) => tail.add(bytes));
  let any = false;
  let closed = false;
  let ending: Promise<null> | undefined;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  void child.status.then(() => end());
  const interruptedError = () => new Deno.errors.Interrupted("the stream was closed");

  const finish = async (): Promise<null> => {
    const { success, code, signal } = await child.status;
    await drained;
    if (success || closed) return null;
    const command = shownOf(spec);
    const how = signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`;
    const said = tail.text();
    const problem = `${command} ${how}${said === "" ? "" : `: ${said}`}`;
    if (any) throw new Deno.errors.ConnectionReset(problem);
    const { endpoint } = spec;
    const details = { endpoint, step: "exec", code: "unreachable" } as const;
    throw new DialError(problem, { ...details, hint: spec.hint(said) });
  };

  return {
    async read(into) {
      if (closed) throw interruptedError();
      if (ending !== undefined) return await ending;
      // The reader takes ownership of its buffer.
      const { value, done } = await reader.read(new Uint8Array(into.length));
      if (closed) throw interruptedError();
      if (done) return await (ending ??= finish());
      into.set(value);
      any = true;
      return value.length;
    },
    async write(from) {
      if (closed) throw interruptedError();
      // A web stream's write resolves when it is queued, so `ready` is awaited first. A write that
      // has begun never settles when the program is gone, or after an abort.
      const writing = writer.ready.then(() => writer.write(from)).then(() => true);
      if (await Promise.race([writing, over.then(() => false)])) return from.length;
      writing.catch(() => {});
      throw closed ? interruptedError() : new Deno.errors.BrokenPipe(`${spec.program} has ended`);
    },
    async closeWrite() {
      await writer.close().catch(() => {});
    },
    close() {
      if (closed) return;
      closed = true;
      end();
      void writer.abort().catch(() => {});
      void reader.cancel().catch(() => {});
      endGroup(child);
    },
  };
}

/** Ends the child and its children. */
function endGroup(child: Deno.ChildProcess): void {
  let over = false;
  const send = (signal: Deno.Signal) => {
    // After the wait, the process id may belong to another process.
    if (over) return;
    try {
      if (Deno.build.os === "windows") child.kill(signal);
      else Deno.kill(-child.pid, signal);
    } catch {
      // The process is already gone.
    }
  };
  const timer = setTimeout(() => send("SIGKILL"), KILL_AFTER_MS);
  child.status.then(() => {
    over = true;
    clearTimeout(timer);
  });
  send("SIGTERM");
}

async function drain(
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  try {
    for await (const bytes of stream) onBytes(bytes);
  } catch {
    // The stderr read so far is enough.
  }
}
