import { Code, codeName } from "../../buildkit/grpc/status.ts";
import type { BuildHistoryRecord } from "../../proto/gen/control.ts";
import { defineCommand } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { chooseMode } from "../../progress/mode.ts";
import { progressOf } from "../../progress/command_progress.ts";
import { endedRecord, findRecord, type HistoryRecord, NoRecordError } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Follow a running build\n\n" +
    "Without REF, it follows the newest running build. Ctrl-C stops following, not the build.\n" +
    "The exit code is 0 if the build succeeds. A finished build is shown from its record.",
  flags: {
    progress: {
      kind: "string",
      default: "auto",
      summary: "Set type of progress output (auto, plain, rawjson, tty)",
    },
  },
  async run({ deps, args, flags, global }) {
    const { mode } = chooseMode(flags.progress, deps);
    const { signal } = deps;
    const ref = args[0] ?? "";
    await using nodes = await reachNodes(deps, global);
    const found = await findRunning(
      () => findRecord(nodes, ref, { signal, activeOnly: ref === "" }),
      ref,
    );
    nodes.warn(deps);
    const { at, record } = found;
    using progress = progressOf(deps, { mode, builder: at.builder, debug: global.debug });
    await at.client.status(record.Ref, (status) => progress.update(status), { signal });
    const { error } = await endedRecord(found, deps);
    progress.finish(
      error === undefined ? {} : { error, canceled: error.code === Code.CANCELLED },
    );
    if (error !== undefined) throw new FailedBuild(error);
  },
});

async function findRunning(find: () => Promise<HistoryRecord>, ref: string) {
  try {
    return await find();
  } catch (error) {
    if (ref !== "" || !(error instanceof NoRecordError)) throw error;
    throw new NoRecordError("no build is running", { cause: error });
  }
}

/** The build that was followed has failed, or was cancelled. */
class FailedBuild extends Error {
  override readonly name = "FailedBuild";
  readonly exitCode: number;
  constructor({ code, message }: NonNullable<BuildHistoryRecord["error"]>) {
    const prefix = code === Code.UNKNOWN ? "" : `${codeName(code)}: `;
    super(`the build failed: ${prefix}${message}`);
    this.exitCode = code === Code.CANCELLED ? exitCodes.cancelled : exitCodes.generic;
  }
}
