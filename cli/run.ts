import { answerCtrlC } from "./cancelling.ts";
import type { CommandEntry } from "./command.ts";
import type { Deps } from "./deps.ts";
import { phase, phasesLine } from "./phases.ts";
import { type ExamplesOf, runRoot } from "./root.ts";

/** Runs the program: never rejects; an error becomes lines on stderr and the exit code. */
export async function runProgram(
  deps: Deps,
  commands: readonly CommandEntry[],
  examples?: ExamplesOf,
): Promise<number> {
  phase("loaded");
  let debug = debugIsSet(deps.env);
  using _answer = answerCtrlC(deps);
  try {
    const code = await runRoot(deps, commands, () => debug = true, examples);
    if (deps.env("FAIRLEAD_PHASES")) deps.stderr.write(phasesLine());
    return code;
  } catch (error) {
    return await reportError(error, deps, debug, deps.signal.aborted);
  }
}

/** Prints an error on stderr; resolves to its exit code. */
export async function reportError(
  error: unknown,
  { stderr, plugin, env = () => "" }: Pick<Deps, "stderr" | "plugin"> & Partial<Pick<Deps, "env">>,
  debug: boolean,
  interrupted = false,
): Promise<number> {
  const { report } = await import("./report.ts");
  const { palette, paintLine } = await import("./colors.ts");
  const { isTerminal } = stderr;
  const colors = palette(stderr, env);
  const { lines, below, code } = report(error, { debug, isTerminal, interrupted, plugin });
  try {
    for (const line of lines) stderr.write(paintLine(line, colors) + "\n");
    if (below.length > 0) stderr.paint(below);
  } catch {
    // The reader of stderr is gone, so only the exit code shows the error.
  }
  return code;
}

/** Whether docker's own variable for debugging is set; it means the same as `--debug`. */
export function debugIsSet(env: Deps["env"]): boolean {
  return (env("DEBUG") ?? "") !== "";
}
