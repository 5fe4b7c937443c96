import { defineCommand } from "../cli/command.ts";
import { UsageError } from "../base/usage_error.ts";
import { debugFlags } from "./debug/flags.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] build [OPTIONS] PATH | URL", min: 0, max: 0 },
  description: "Start a build, and inspect it with a monitor if it fails.",
  flags: debugFlags,
  commands: [
    {
      name: "build",
      aliases: ["b"],
      summary: "Start a build",
      load: () => import("./debug/build.ts"),
    },
  ],
  run: () => Promise.reject(new UsageError("debug needs a command: debug build")),
});
