import { defineCommand } from "../cli/command.ts";
import { printCandidates } from "./completion/candidates.ts";
import { complete } from "./completion/complete.ts";

/**
 * `__complete`: shells' scripts and docker pass the words up to the cursor; the last one is
 * unfinished.
 */
export const command = defineCommand({
  args: { usage: "[WORD...]", min: 0, max: Infinity },
  ignoresBuilder: true,
  takesAllWords: true,
  flags: {},
  async run({ deps, args }) {
    const { commands } = await import("./list.ts");
    deps.stdout.write(printCandidates(await complete(args, commands, { deps }), args.at(-1) ?? ""));
  },
});
