/**
 * `--shell-on-error`: when a program of a build fails, the user gets a shell in its file system.
 */
import { UsageError } from "../base/usage_error.ts";
import type { Inspect } from "../builds/running/inspect.ts";
import type { RunContext } from "../builds/running/run.ts";
import type { Deps } from "../cli/deps.ts";
import type { Progress } from "../progress/progress.ts";
import { ownConsole } from "./console.ts";
import { failedStepIn } from "./failed_step.ts";
import { NoShell, runFailedShell } from "./failed_shell.ts";
import { platformResults } from "./results.ts";
import { tellFailure } from "./tell_failure.ts";
import { type ShellSource, shellSource } from "./shell_source.ts";
import { evaluateAll } from "../buildkit/result.ts";

/** The flags of `build` and `bake` for a shell. */
export interface ShellFlags {
  readonly "shell-on-error": boolean;
  readonly "shell-from": string;
}

/** The surroundings of a shell. */
export interface ShellContext {
  readonly deps: Deps;
  readonly progress: Progress;
  /** How often the build may be repeated. */
  readonly retries: number;
}

/** The hooks of a build. */
export type ShellHooks = Required<Pick<RunContext, "inspect" | "wantedAgain">>;

/**
 * Makes the hooks that the flags ask for; undefined for none. Throws `UsageError`.
 * @param usesStdin a file of the build comes from stdin, which the shell would read
 */
export function wantedShell(
  { "shell-on-error": isWanted, "shell-from": from }: ShellFlags,
  usesStdin: boolean,
): ((context: ShellContext) => ShellHooks) | undefined {
  if (!isWanted) {
    if (from === "") return undefined;
    throw new UsageError("--shell-from needs --shell-on-error");
  }
  if (usesStdin) {
    throw new UsageError(
      "--shell-on-error can't be used with a file from stdin",
      "the shell itself reads stdin",
    );
  }
  const source = from === "" ? undefined : shellSource(from);
  return (context) => shellOnError(source, context);
}

/**
 * Opens a shell in a failed step. With `--retry`, the user's `exit 0` builds again, from the step
 * that failed; without it, or after another exit code, the build's error follows.
 */
function shellOnError(
  source: ShellSource | undefined,
  { deps, progress, retries }: ShellContext,
): ShellHooks {
  const console = ownConsole(deps);
  let left = retries;
  let again = false;
  const print = (line: string) => deps.stderr.write(`${line}\n`);

  const inspect: Inspect = async ({ gateway, result, signal }) => {
    try {
      await evaluateAll(gateway, result);
      return result;
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      const failed = failedStepIn(error, await platformResults(result));
      if (failed === undefined) throw error;
      await progress.asking(async () => {
        signal.throwIfAborted();
        try {
          await tellFailure(error, { deps, progress }, signal);
          const onStart = (shell: string) => {
            print(`${shell} runs in the file system of the failed step ${failed.step.name}`);
            if (console.isTerminal) print(left > 0 ? AGAIN : LEAVE);
          };
          const options = { console, signal, from: source };
          const ending = await runFailedShell(gateway, failed, options, onStart);
          again = left > 0 && "code" in ending && ending.code === 0;
          if (again) left--;
        } catch (error) {
          if (!(error instanceof NoShell)) throw error;
          print(`WARNING: no shell: ${error.message}`);
        }
      });
      throw error;
    }
  };
  return {
    inspect,
    wantedAgain() {
      const wanted = again;
      again = false;
      return wanted;
    },
  };
}

const LEAVE = "'exit' or Ctrl-P Ctrl-Q leaves it, and ends the build";
const AGAIN = "'exit 0' builds again from this step, 'exit 1' ends the build";
