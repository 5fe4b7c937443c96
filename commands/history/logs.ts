import { defineCommand } from "../../cli/command.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { chooseMode, ProgressModeError } from "../../progress/mode.ts";
import { progressOf } from "../../progress/command_progress.ts";
import { findRecord } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  flags: {
    progress: {
      kind: "string",
      default: "plain",
      summary: "Set type of progress output (plain, rawjson, tty)",
    },
  },
  async run({ deps, args, flags, global }) {
    // `none` would print no logs at all; buildx accepts `quiet`, and so do we.
    if (flags.progress === "none") throw new ProgressModeError("invalid progress mode none");
    // Logs are replayed, so the default is no live display.
    const { mode } = chooseMode(flags.progress === "auto" ? "plain" : flags.progress, deps);
    await using nodes = await reachNodes(deps, global);
    const { at, record } = await findRecord(nodes, args[0] ?? "", { signal: deps.signal });
    nodes.warn(deps);
    using progress = progressOf(deps, { mode, debug: global.debug });
    await at.client.status(record.Ref, (status) => progress.update(status), {
      signal: deps.signal,
    });
    progress.finish(record.error === undefined ? {} : { error: record.error });
  },
});
