/** A program that reaches a daemon: its stdin and stdout are a byte stream. */
import { describeEnding, explainEnd, hasFailed } from "./ending.ts";
import { type Process, startProcess } from "./process.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, interrupted } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** The program to run, and the texts of its errors. */
interface ProgramSpec {
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

/** Starts the program. Throws `DialError`, or the signal's reason. */
export function startProgram(
  { endpoint, program, args, shown = [program, ...args].join(" "), absentHint, hint }: ProgramSpec,
  { signal, env, step }: DialContext,
): ByteStream {
  if (signal.aborted) throw interrupted(signal, endpoint, "exec");
  step("exec", shown);
  let process: Process;
  try {
    const path = env("PATH");
    process = startProcess(program, { args, ...path !== undefined && { env: { PATH: path } } });
  } catch (cause) {
    const absent = cause instanceof Deno.errors.NotFound;
    throw new DialError(
      absent ? `the program ${program} is not installed` : `${program} can't be run: ${cause}`,
      { endpoint, step: "exec", code: "unsupported", cause, hint: absentHint },
    );
  }
  return explainEnd(process.stream, async () => {
    const ending = await process.ended;
    if (!hasFailed(ending)) return undefined;
    const problem = `${shown} ${describeEnding(ending, process.stderr())}`;
    return new DialError(problem, {
      endpoint,
      step: "exec",
      code: "unreachable",
      hint: hint(process.stderr()),
    });
  });
}
