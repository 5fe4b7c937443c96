/**
 * Runs a program in a container by the Docker Engine API; its stdin and stdout are a byte stream:
 *
 *     POST /containers/NAME/exec   {"Cmd":[…],"AttachStdin":true,…}   → {"Id":ID}
 *     POST /exec/ID/start          Upgrade: tcp                       → 101, then the frames
 *     GET  /exec/ID/json                                              → {"Running","ExitCode"}
 *
 * The engine answers 101 before the program runs. It reports a missing program as output.
 */
import { onAbort } from "../../base/async.ts";
import {
  askEngine,
  type EngineEndpoint,
  EngineError,
  type EngineRequest,
  upgradeEngine,
} from "./docker_engine.ts";
import { readFrames } from "./exec_frames.ts";
import { diagnoseContainer } from "./diagnosis.ts";
import { explainRefusal } from "./refusal.ts";
import { said } from "../net/ending.ts";
import { type StderrTail, stderrTail } from "../net/stderr_tail.ts";
import { type ByteStream, streamClosed } from "../byte_stream.ts";
import { DialError, interrupted, lostOrFailed } from "../errors.ts";
import type { DialContext, DialStep } from "../transport.ts";

/** A program to run, and its container. */
export interface EngineExec {
  /** The endpoint as errors show it. */
  readonly endpoint: string;
  readonly engine: EngineEndpoint;
  /** The command of the engine's client, for hints: `docker --context=box`. */
  readonly program: string;
  readonly container: string;
  readonly command: readonly string[];
  /** The engine's `DetachKeys`: some engines look for these keys in stdin, and then detach. */
  readonly detachKeys?: string;
  /** The hint for the case that the engine itself can't be reached. */
  readonly engineHint: string;
}

/** How long an engine may take to report a program's exit code, in ms. */
const EXIT_WAIT_MS = 2000;

/** Starts the program. Throws `DialError`, or the signal's reason. */
export async function execInContainer(
  exec: EngineExec,
  context: DialContext,
): Promise<ByteStream> {
  let step: DialStep = "connect";
  const steps = (next: DialStep, detail?: string) => {
    step = next;
    context.step(next, detail);
  };
  if (context.signal.aborted) throw interrupted(context.signal, exec.endpoint, step);
  // The dial's signal ends the dial, but not the stream.
  const stop = new AbortController();
  using _ = onAbort(context.signal, () => stop.abort(context.signal.reason));
  const own = { ...context, signal: stop.signal, step: () => {} };
  try {
    steps("connect", exec.engine.host);
    const id = await create(exec, own);
    steps("exec", `${exec.command.join(" ")} in ${exec.container}`);
    const stream = await start(exec, id, own);
    if (!context.signal.aborted) return watch(exec, id, stream, context);
    stream.close();
    throw context.signal.reason;
  } catch (error) {
    if (context.signal.aborted) throw interrupted(context.signal, exec.endpoint, step);
    throw await explainRefusal(exec, error, own);
  }
}

async function create(exec: EngineExec, context: DialContext): Promise<string> {
  const attach = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false };
  const answer = await askEngine(exec.engine, {
    method: "POST",
    path: `/containers/${encodeURIComponent(exec.container)}/exec`,
    body: { ...attach, Cmd: exec.command, DetachKeys: exec.detachKeys },
  }, context) as { Id?: unknown } | undefined;
  if (typeof answer?.Id === "string") return answer.Id;
  throw new EngineError(`docker engine ${exec.engine.host}: the exec it made has no Id`, 500);
}

async function start(exec: EngineExec, id: string, context: DialContext): Promise<ByteStream> {
  return await upgradeEngine(exec.engine, {
    method: "POST",
    path: `/exec/${id}/start`,
    body: { Detach: false, Tty: false },
    upgrade: "tcp",
  }, context);
}

/** The stream of a running program. At its end, the stream finds the reason. */
function watch(
  exec: EngineExec,
  id: string,
  raw: ByteStream,
  { env, log }: DialContext,
): ByteStream {
  const tail = stderrTail();
  const framed = readFrames((into) => raw.read(into), (bytes) => tail.add(bytes));
  const closing = new AbortController();
  const context: DialContext = { signal: closing.signal, env, log, step: () => {} };
  const began = performance.now();
  let [any, left] = [false, false];
  let ended: Error | undefined;
  let ending: Promise<null> | undefined;

  const finish = async (broken?: unknown): Promise<null> => {
    let failure = await failureOf(exec, id, { tail, any, broken }, context);
    if (any && !left) failure = await diagnoseContainer(exec, began, context) ?? failure;
    closing.signal.throwIfAborted();
    // Some engines never finish a pending write when the program has ended.
    ended = failure ?? new Deno.errors.BrokenPipe(`${exec.command[0]} has ended`);
    raw.close();
    if (failure !== undefined) throw failure;
    return null;
  };
  return {
    async read(into) {
      closing.signal.throwIfAborted();
      if (ending !== undefined) return await ending;
      let count: number | null = null;
      try {
        count = await framed(into);
      } catch (error) {
        closing.signal.throwIfAborted();
        return await (ending ??= finish(error));
      }
      if (count === null) return await (ending ??= finish());
      if (!any && refused(into.subarray(0, count))) {
        tail.add(into.subarray(0, count));
        await drain(framed, tail);
        return await (ending ??= finish());
      }
      any = true;
      return count;
    },
    async write(from) {
      closing.signal.throwIfAborted();
      if (ended !== undefined) throw ended;
      try {
        return await raw.write(from);
      } catch (error) {
        throw ended ?? error;
      }
    },
    async closeWrite() {
      left = true;
      if (ended === undefined) await raw.closeWrite();
    },
    close() {
      closing.abort(streamClosed());
      raw.close();
    },
  };
}

/**
 * Whether the first output is the engine's message that the program could not be started. An HTTP/2
 * server never begins like that: its first bytes are a frame's length.
 */
function refused(first: Uint8Array): boolean {
  const text = new TextDecoder().decode(first.subarray(0, 64));
  return /^(OCI runtime|runc|crun|unable to start|cannot exec|rpc error)/i.test(text);
}

async function drain(read: ByteStream["read"], tail: StderrTail): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    for (let n; (n = await read(buffer)) !== null;) tail.add(buffer.subarray(0, n));
  } catch {
    // The bytes that came before the error are enough.
  }
}

interface Ending {
  readonly tail: StderrTail;
  /** Whether the reader had received a byte before the end. */
  readonly any: boolean;
  readonly broken: unknown;
}

/** The error of the stream's end; undefined for a program that ended well. */
async function failureOf(
  exec: EngineExec,
  id: string,
  { tail, any, broken }: Ending,
  context: DialContext,
): Promise<Error | undefined> {
  const code = await exitCode(exec, id, context).catch((error: Error) => error);
  if (code === 0 || (code === undefined && broken === undefined)) return undefined;
  const stderr = tail.text();
  const of = { endpoint: exec.endpoint, step: "exec" as const, cause: broken };
  if (typeof code !== "number") {
    const reason = broken instanceof Error ? broken.message : code?.message;
    const problem = `the engine ${exec.engine.host} dropped the connection: ${reason}`;
    return lostOrFailed(any, problem, { ...of, code: "unreachable", hint: exec.engineHint });
  }
  const program = exec.command[0]!;
  // 126 and 127 are a shell's codes for a program that can't be run, or doesn't exist.
  const absent = /executable file not found|no such file|not found/i;
  if (!any && (code === 126 || code === 127) && absent.test(stderr)) {
    return new DialError(`container ${exec.container} has no ${program}`, {
      ...of,
      code: "unsupported",
      hint: `use an image that has ${program}, such as moby/buildkit, or reach the daemon by a ` +
        "socket that it shares",
    });
  }
  if (code > 128 && stderr === "") {
    const problem = `${program} in container ${exec.container} was ended by signal ${code - 128}`;
    const hint = `see whether the container still runs: ${exec.program} ps -a`;
    return lostOrFailed(any, problem, { ...of, code: "unreachable", hint });
  }
  const problem =
    `${exec.command.join(" ")} in container ${exec.container} failed with exit code ` +
    `${code}${said(stderr)}`;
  const hint = `look at the daemon's log: ${exec.program} logs ${exec.container}`;
  return lostOrFailed(any, problem, { ...of, code: "unreachable", hint });
}

/** The program's exit code; undefined if it still runs after `EXIT_WAIT_MS`. */
async function exitCode(
  { engine }: EngineExec,
  id: string,
  context: DialContext,
): Promise<number | undefined> {
  const request: EngineRequest = { method: "GET", path: `/exec/${id}/json` };
  const until = performance.now() + EXIT_WAIT_MS;
  for (let pause = 5; performance.now() < until && !context.signal.aborted; pause *= 2) {
    const { Running, ExitCode } = await askEngine(engine, request, context) as {
      Running?: unknown;
      ExitCode?: unknown;
    };
    if (Running === false && typeof ExitCode === "number") return ExitCode;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return undefined;
}
