import { dialNodes } from "../cli/builders/dial_chosen.ts";
import { defineCommand } from "../cli/command.ts";
import { inspectFlags } from "./inspect/flags.ts";

export const command = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: inspectFlags,
  async run(invocation) {
    const { deps, args, global } = invocation;
    using _ahead = await dialNodes(deps, args[0] ?? global.builder);
    const { showBuilder } = await import("./inspect/show.ts" /* at every run */);
    await showBuilder(invocation);
  },
});
