import type { CommandEntry } from "./command.ts";

/** Every command. `load` names its file, so that only the chosen one is loaded. */
export const commands: readonly CommandEntry[] = [
  {
    name: "build",
    aliases: ["b"],
    summary: "Start a build",
    load: () => import("./build.ts"),
  },
  { name: "ls", summary: "List builder instances", load: () => import("./ls.ts") },
  {
    name: "version",
    summary: "Show fairlead version information",
    load: () => import("./version.ts"),
  },
];
