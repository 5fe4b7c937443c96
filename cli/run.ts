import type { CommandEntry } from "./command.ts";
import type { Deps } from "./deps.ts";
import { phase, phasesLine } from "./phases.ts";
import { runRoot } from "./root.ts";

/** Runs the program: never rejects; an error becomes lines on stderr and the exit code. */
export async function runProgram(deps: Deps, commands: readonly CommandEntry[]): Promise<number> {
  phase("loaded");
  try {
    const code = await runRoot(deps, commands);
    if (deps.env("FAIRLEAD_PHASES")) deps.stderr.write(phasesLine());
    return code;
  } catch (error) {
    return await reportError(error, deps);
  }
}

/** Prints an error on stderr; resolves to its exit code. */
export async function reportError(
  error: unknown,
  deps: Pick<Deps, "args" | "env" | "stderr">,
): Promise<number> {
  const { report } = await import("./report.ts");
  const { lines, code } = report(error, { debug: debugWanted(deps) });
  try {
    for (const line of lines) deps.stderr.write(line + "\n");
  } catch {
    // The exit code has to say it alone.
  }
  return code;
}

/** Holds also where the command line can't be parsed. `DEBUG` is docker's own switch. */
export function debugWanted({ args, env }: Pick<Deps, "args" | "env">): boolean {
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  return words.some((word) => /^(--debug|--debug=(1|t|T|TRUE|true|True)|-D)$/.test(word)) ||
    (env("DEBUG") ?? "") !== "";
}
