import { defineCommand } from "../program/command.ts";
import { reachNodes } from "../reach/nodes.ts";
import { chooseMode } from "../progress/mode.ts";
import { startProgress } from "../progress/progress.ts";
import { warnOfNodes } from "./lost_nodes.ts";
import { findRecord } from "./records.ts";

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
    const { mode } = chooseMode({
      // A log that is read later is no display, unless one is asked for.
      flag: flags.progress === "auto" ? "plain" : flags.progress,
      quiet: false,
      env: deps.env,
      isTerminal: deps.stderr.isTerminal,
    });
    await using nodes = await reachNodes(deps, global);
    const { at, record } = await findRecord(nodes, args[0] ?? "", { signal: deps.signal });
    warnOfNodes(deps, nodes);
    using progress = startProgress({
      mode,
      out: deps.stderr,
      size: () => deps.stderr.size() ?? { columns: 80, rows: 24 },
      env: deps.env,
      now: deps.clock.now,
      driver: "",
      builder: "",
      expandWarnings: global.debug,
    });
    await at.client.status(record.Ref, (status) => progress.update(status), {
      signal: deps.signal,
    });
    progress.finish(record.error === undefined ? {} : { error: record.error });
  },
});
