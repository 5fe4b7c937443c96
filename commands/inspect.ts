import { warmUpAll } from "../builders/warm_up.ts";
import { builderAhead } from "../cli/builders/ahead.ts";
import { defineCommand } from "../cli/command.ts";
import { inspectFlags } from "./inspect/flags.ts";

export const command = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: inspectFlags,
  async run(invocation) {
    const { deps, args, global } = invocation;
    using ahead = await builderAhead(
      deps,
      args[0] ?? global.builder,
      (builder) => warmUpAll([builder], deps),
    );
    const { showBuilder } = await import("./inspect/show.ts" /* at every run */);
    await showBuilder(invocation, ahead);
  },
});
