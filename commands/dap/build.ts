import { warmUp } from "../../builders/warm_up.ts";
import { builderAhead } from "../../cli/builders/ahead.ts";
import { defineCommand } from "../../cli/command.ts";
import { withChanges } from "../../cli/deps.ts";
import { debuggedFlags } from "../build/flags.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] PATH | URL | -", min: 0, max: 1 },
  description:
    "Start a build that an editor debugs: the debug adapter protocol on standard input " +
    "and output.",
  flags: debuggedFlags,
  async run(invocation) {
    const { deps, global } = invocation;
    // The warnings of the choice go to the client, which shows no colours.
    const plain = withChanges(deps, { stderr: { ...deps.stderr, isTerminal: false } });
    using ahead = await builderAhead(plain, global.builder, warmUp);
    const { debugBuilds } = await import("./debug_builds.ts");
    await debugBuilds(invocation, ahead);
    return 0;
  },
});
