import { warmUpAll } from "../builders/warm_up.ts";
import { chosenAhead } from "../cli/builders/ahead.ts";
import { chooseAll } from "./ls/choose_all.ts";
import { defineCommand } from "../cli/command.ts";
import { lsFlags } from "./ls/flags.ts";

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  ignoresBuilder: true,
  flags: lsFlags,
  async run(invocation) {
    const { deps } = invocation;
    using ahead = await chosenAhead(
      deps,
      chooseAll,
      ({ builders }) => warmUpAll(builders, deps),
    );
    const { listBuilders } = await import("./ls/list.ts" /* at every run */);
    await listBuilders(invocation, ahead);
  },
});
