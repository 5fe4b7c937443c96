import { defineCommand } from "../../cli/command.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { desktopUrl, openUrl } from "./open_url.ts";
import { findRecord } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  flags: {},
  async run({ deps, args, global }) {
    await using nodes = await reachNodes(deps, global);
    const found = await findRecord(nodes, args[0] ?? "", { signal: deps.signal });
    nodes.warn(deps);
    await openUrl(desktopUrl(found), deps);
  },
});
