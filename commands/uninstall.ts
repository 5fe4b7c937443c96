import { defineCommand } from "../cli/command.ts";
import { ownProgram, pluginLink, removeLink, whatIsAt } from "../cli/plugin/plugin_links.ts";

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  ignoresBuilder: true,
  description: "Undo 'fairlead install'. Plugins other than fairlead stay.",
  flags: {},
  run({ deps }) {
    const program = ownProgram(deps.env);
    for (const name of ["fairlead", "buildx"]) {
      const link = pluginLink(deps.env, name);
      if (whatIsAt(link.path, program) !== "ours") continue;
      const restored = removeLink(link);
      deps.stdout.write(`docker ${name}: ${restored ? "restored" : "removed"}\n`);
    }
    return Promise.resolve();
  },
});
