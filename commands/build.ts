import { defineCommand } from "../cli/command.ts";
import { buildFlags } from "./build/flags.ts";
import { builderAhead } from "../cli/builders/ahead.ts";
import { warmUp } from "../builders/warm_up.ts";

/** Flags that look into a build. */
const LOOKING = ["files", "cat", "copy", "shell-on-error", "shell-from"] as const;

export const command = defineCommand({
  args: {
    usage: "[OPTIONS] PATH | URL | -",
    min: 1,
    max: 1,
    oneMoreWith: "copy",
    hint: "name the folder to build from as the last argument, usually .",
  },
  flags: buildFlags,
  async run(invocation) {
    const { deps, given, global } = invocation;
    using ahead = await builderAhead(deps, global.builder, given.has("plan") ? undefined : warmUp);
    if (!LOOKING.some((flag) => given.has(flag))) {
      const { runBuild } = await import("./build/run.ts" /* at every run */);
      return await runBuild(invocation, ahead);
    }
    const { lookingBuild } = await import("./build/looking.ts");
    return await lookingBuild(invocation, ahead);
  },
});
