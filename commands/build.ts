import { defineCommand } from "../cli/command.ts";
import { buildFlags } from "./build/flags.ts";
import { runBuild } from "./build/run.ts";

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
    if (!LOOKING.some((flag) => invocation.given.has(flag))) return await runBuild(invocation);
    const { lookingBuild } = await import("./build/looking.ts");
    return await lookingBuild(invocation);
  },
});
