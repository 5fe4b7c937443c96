/** A shell at a stop of the debugger. */
import type { Gateway } from "../../buildkit/gateway.ts";
import { messageOf } from "../../proto/message_of.ts";
import type { Platform } from "../../proto/gen/pb_types.ts";
import { Mount } from "../../proto/gen/steps.ts";
import type { ExecOp } from "../../proto/gen/steps_types.ts";
import type { Console } from "../console.ts";
import type { FailedStep } from "../failed_step.ts";
import { problemOf } from "../find_shell.ts";
import type { PlatformResult } from "../results.ts";
import { runProgram } from "../run_program.ts";
import { capability, containerOfFailure } from "../step_files.ts";
import type { ShellPlace } from "./shell_socket.ts";

const SHELL = "/bin/sh";

/** The place of a shell: a failed step's mounts, or the file system before the step. */
export function shellPlace(
  gateway: Gateway,
  { caps, line, failed, rootRef, result, platform, exec: near }: {
    readonly caps: ReadonlySet<string>;
    readonly line: number;
    readonly failed: FailedStep | undefined;
    readonly rootRef: string | undefined;
    readonly result: PlatformResult;
    readonly platform: Platform | undefined;
    /** A program whose environment, folder and user the shell gets. */
    readonly exec: ExecOp | undefined;
  },
): ShellPlace {
  const exec = failed?.step.op.exec ?? near;
  const { config } = result;
  const mounts = failed
    ? failed.step.op.exec?.mounts ?? []
    : [messageOf(Mount, { dest: "/", resultID: rootRef ?? "" })];
  const open = () =>
    failed ? containerOfFailure(gateway, failed) : gateway.newContainer({ mounts, platform });
  return {
    line,
    async run(console: Console, signal, onStart) {
      if (failed === undefined && rootRef === undefined) {
        return "there are no files before this step";
      }
      const container = await open();
      try {
        // An old daemon can't say which files there are.
        const problem = caps.has(capability.containerFiles)
          ? await problemOf(container, mounts, SHELL)
          : undefined;
        if (problem !== undefined) return problem;
        onStart(SHELL);
        await runProgram(
          container,
          {
            args: [SHELL],
            env: exec?.meta?.env ?? config.env,
            cwd: exec?.meta?.cwd ?? config.cwd,
            user: exec?.meta?.user ?? config.user,
          },
          console,
          signal,
        );
        return undefined;
      } finally {
        await container.release();
      }
    },
  };
}
