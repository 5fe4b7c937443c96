/** A shell in the file system of a failed step, with the step's environment, user and folder. */
import type { Gateway } from "../buildkit/gateway.ts";
import type { Console } from "./console.ts";
import type { FailedStep } from "./failed_step.ts";
import { firstProgram, shellsOf } from "./find_shell.ts";
import { type Ending, runProgram } from "./run_program.ts";
import type { ShellSource } from "./shell_source.ts";
import { capability, containerOfFailure } from "./step_files.ts";

/** No shell can be started in a step; the message says why. */
export class NoShell extends Error {
  override readonly name = "NoShell";
}

/** The options of `openFailedShell`. */
export interface FailedShellOptions {
  readonly console: Console;
  readonly signal: AbortSignal;
  /** The shell to use if the step has none. */
  readonly from?: ShellSource | undefined;
}

/**
 * Runs a shell on the console to its end. Rejects with `NoShell`, with the daemon's error, or with
 * the signal's reason. The container is gone when it settles.
 * @param onStart called with the shell's path before it starts
 */
export async function runFailedShell(
  gateway: Gateway,
  failed: FailedStep,
  { console, signal, from }: FailedShellOptions,
  onStart: (shell: string) => void,
): Promise<Ending> {
  const { exec, platform } = failed.step.op;
  if (exec === undefined) throw new NoShell("the failed step runs no program");
  const caps = await gateway.capabilities();
  if (!caps.has(capability.exec)) {
    throw new NoShell("the builder is too old: a shell needs BuildKit 0.8 or newer");
  }
  const brought = await from?.open(gateway, platform);
  const more = brought === undefined ? [] : [brought.mount];
  await using stack = new AsyncDisposableStack();
  const container = await containerOfFailure(gateway, failed, { more });
  stack.defer(() => container.release());
  // An old daemon can't say which files there are.
  const own = caps.has(capability.containerFiles)
    ? await firstProgram(container, exec.mounts, shellsOf(exec))
    : "/bin/sh";
  const args = own === undefined ? brought?.args : [own];
  if (args === undefined) {
    throw new NoShell("the step's image has no shell; --shell-from IMAGE|FILE provides one");
  }
  const env = exec.meta?.env ?? [];
  onStart(args[0]!);
  return await runProgram(
    container,
    {
      args,
      env: brought === undefined ? env : withFolder(env, brought.folder),
      cwd: exec.meta?.cwd ?? "",
      user: exec.meta?.user ?? "",
      security: exec.security,
      secretEnv: caps.has(capability.secretEnv) ? exec.secretenv : [],
    },
    console,
    signal,
  );
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function withFolder(env: readonly string[], folder: string): string[] {
  const path = env.findLast((pair) => pair.startsWith("PATH="))?.slice(5) ?? DEFAULT_PATH;
  return [...env.filter((pair) => !pair.startsWith("PATH=")), `PATH=${path}:${folder}`];
}
