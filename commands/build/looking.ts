/** `build` with a flag that looks into it: `--files`, `--cat`, `--copy`, `--shell-on-error`. */
import type { Ahead, Chosen } from "../../cli/builders/ahead.ts";
import type { Invocation } from "../../cli/command.ts";
import { withChanges } from "../../cli/deps.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { UsageError } from "../../base/usage_error.ts";
import { wantedShell } from "../../debugging/shell_on_error.ts";
import { answering, fileQuestion } from "../../debugging/show_files.ts";
import type { buildFlags } from "./flags.ts";
import { runBuild } from "./run.ts";

/** Flags for results, which a build without results can't have. */
const RESULTS = [
  "output",
  "load",
  "push",
  "iidfile",
  "metadata-file",
  "call",
  "check",
  "plan",
  "shell-on-error",
];

/** Runs such a build. Throws `UsageError` for flags that exclude each other. */
export async function lookingBuild(
  invocation: Invocation<typeof buildFlags>,
  ahead: Ahead<Chosen>,
): Promise<number> {
  const { deps, args, flags, given } = invocation;
  const dest = args.length > 1 ? args[0] : undefined;
  const usesStdin = args.at(-1) === "-" || flags.file === "-";
  const question = fileQuestion(flags, given, dest);
  if (question === undefined) {
    return await runBuild(invocation, ahead, wantedShell(flags, usesStdin));
  }
  const asking = ["files", "cat", "copy"].find((flag) => given.has(flag));
  const other = RESULTS.find((flag) => given.has(flag));
  if (other !== undefined) {
    throw new UsageError(
      `--${asking} and --${other} can't be used together`,
      `--${asking} shows files from a build, without exporting its result`,
    );
  }
  // Nothing is loaded by default, and no warning says that an output is missing.
  const env = (name: string) => name === "BUILDX_NO_DEFAULT_LOAD" ? "1" : deps.env(name);
  let own: Error | undefined;
  return await runBuild(
    { ...invocation, deps: withChanges(deps, { env }) },
    ahead,
    ({ deps, progress }) => {
      // On a terminal, the display is first.
      const later: Uint8Array[] = [];
      const inspect = answering(question, {
        async write(bytes) {
          if (deps.stdout.isTerminal) later.push(bytes);
          else await deps.stdout.writeBytes(bytes);
        },
        note: (line) => progress.note(line),
      });
      const asked = async () => {
        for (const bytes of later) await deps.stdout.writeBytes(bytes);
      };
      return {
        inspect: (build) =>
          inspect(build).catch((error) => {
            if (!(error instanceof RpcError)) own = error;
            throw error;
          }),
        asked,
      };
    },
  ).catch((error) => {
    // The daemon repeats our own error, without its hint.
    throw own ?? error;
  });
}
