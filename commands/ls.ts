import { dialAll } from "../cli/builders/dial_chosen.ts";
import { defineCommand } from "../cli/command.ts";
import { lsFlags } from "./ls/flags.ts";

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  ignoresBuilder: true,
  flags: lsFlags,
  async run(invocation) {
    using _ahead = dialAll(invocation.deps);
    const { listBuilders } = await import("./ls/list.ts" /* at every run */);
    await listBuilders(invocation);
  },
});
