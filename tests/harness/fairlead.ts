/** Runs fairlead from this checkout in a separate process. */
import { check, type Ran, run, type RunOptions } from "./run.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Deno's cache, for a test that sets HOME: Deno would fetch and compile everything anew. */
export const denoDir = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;

/** The command line that runs the program, with the shipped program's flag of V8. */
export function fairleadCommand(...args: readonly string[]): [string, ...string[]] {
  const deno = ["run", "-A", "--quiet", "--no-check", "--no-lock", "--v8-flags=--liftoff-only"];
  return [Deno.execPath(), ...deno, `--config=${root}deno.json`, `${root}main.ts`, ...args];
}

/** Runs the program to its end. */
export function fairlead(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program, ...rest] = fairleadCommand(...args);
  return run(program, rest, options);
}

/** Like `fairlead`, but throws when the program fails. */
export function checkFairlead(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const [program, ...rest] = fairleadCommand(...args);
  return check(program, rest, { env });
}

/** A program that runs. */
export interface Running {
  readonly child: Deno.ChildProcess;
  /** Returns stderr so far. */
  said(): string;
  /** Waits until stderr matches; rejects when the program ends before that. */
  until(pattern: RegExp): Promise<void>;
  /** The exit code and all of stderr. */
  readonly ended: Promise<{ readonly code: number; readonly stderr: string }>;
}

/** Starts the program. Its stdin is empty, and its stdout is dropped. */
export function startFairlead(
  args: readonly string[],
  options: { cwd?: string; env: Record<string, string> },
): Running {
  return start(fairleadCommand(...args), options);
}

/** The same for a command line that runs the program by way of another. */
export function start(
  [program, ...args]: readonly string[],
  options: { cwd?: string; env: Record<string, string> },
): Running {
  const streams = { stdin: "null", stdout: "null", stderr: "piped" } as const;
  const child = new Deno.Command(program!, { args, ...options, ...streams }).spawn();
  let said = "";
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      changed.resolve();
      changed = Promise.withResolvers();
    }
    const { code } = await child.status;
    isOver = true;
    changed.resolve();
    return { code, stderr: said };
  })();
  return {
    child,
    said: () => said,
    async until(pattern) {
      while (!pattern.test(said)) {
        if (isOver) throw new Error(`the program ended before ${pattern}: ${said}`);
        await changed.promise;
      }
    },
    ended,
  };
}
