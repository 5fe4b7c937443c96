import { defineCommand } from "../cli/command.ts";
import { shells } from "./completion/shells.ts";
import { nearest } from "../base/nearest.ts";
import { UsageError } from "../base/usage_error.ts";

export const command = defineCommand({
  args: { usage: "SHELL", min: 1, max: 1 },
  ignoresBuilder: true,
  description: "Print a script with which a shell completes fairlead's command lines.\n\n" +
    "bash:  source <(fairlead completion bash)          in ~/.bashrc\n" +
    "zsh:   source <(fairlead completion zsh)           in ~/.zshrc, after compinit\n" +
    "fish:  fairlead completion fish | source           in ~/.config/fish/config.fish",
  flags: {},
  async run({ deps, args: [name = ""] }) {
    const load = Object.hasOwn(shells, name) ? shells[name] : undefined;
    if (load === undefined) {
      const near = nearest(name, Object.keys(shells));
      const known = `completion is available for ${Object.keys(shells).join(", ")}`;
      throw new UsageError(
        `unknown shell: ${JSON.stringify(name)}`,
        near === undefined ? known : `did you mean ${near}?`,
      );
    }
    deps.stdout.write((await load()).script);
  },
});
