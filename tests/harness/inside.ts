/** Runs fairlead inside the test's process, without `main.ts`, with a terminal of strings. */
import { connect } from "../../cli/connect.ts";
import { commands } from "../../commands/list.ts";
import { runProgram } from "../../cli/run.ts";
import { systemClock } from "../../cli/terminal.ts";
import { fakeDeps } from "../commands/fake_deps.ts";
import { outputTo } from "../progress/terminal.ts";

export interface ProgramOptions {
  /** The daemon, as `BUILDKIT_HOST` names it. */
  host: string;
  args: readonly string[];
  /** The program's `HOME`: nothing of this machine's user is read or written. */
  home: string;
  cwd?: string;
  /** Stands for the first Ctrl-C. */
  signal?: AbortSignal;
  /** True if stderr is a terminal. */
  terminal?: boolean;
  /** Called with each text for stderr. */
  onStderr?: (text: string) => void;
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export async function runFairlead(options: ProgramOptions): Promise<Ended> {
  const stdout = collect();
  const stderr = collect(options.onStderr, options.terminal);
  const env: Record<string, string> = {
    HOME: options.home,
    BUILDKIT_HOST: options.host,
    BUILDKIT_PROGRESS: "plain",
    ...options.env,
  };
  const { args, cwd = options.home, signal = new AbortController().signal } = options;
  const own = fakeDeps(args, { env, cwd, signal, connect }, stdout.output, stderr.output);
  const deps = { ...own, clock: systemClock };
  const started = performance.now();
  const code = await runProgram(deps, commands);
  return { code, stdout: stdout.text(), stderr: stderr.text(), ms: performance.now() - started };
}

/** The lines that report the failure: exactly one in a good report. */
export function errorLines(ended: Pick<Ended, "stderr">): string[] {
  return ended.stderr.split("\n").filter((line) => line.startsWith("ERROR: "));
}

function collect(hear: (text: string) => void = () => {}, isTerminal = false) {
  const pieces: string[] = [];
  const take = (text: string) => {
    pieces.push(text);
    hear(text);
  };
  const output = outputTo(take, { isTerminal, columns: 100, rows: 30 });
  return { output, text: () => pieces.join("") };
}
