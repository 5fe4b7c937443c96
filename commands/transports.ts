import { defineCommand } from "../cli/command.ts";
import { listFlags, listTransports } from "./transports/ls.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  description: `Show and test the ways to reach a daemon

A transport serves a URL scheme. What is not built in can be added by a plugin, a file called
fairlead-transport-SCHEME in one of these places, of which the first that has it wins:

  1. a path that is named: --transport-plugin SCHEME=/path (on every command), or a builder's
     driver option transport=/path; only so a built-in scheme can be replaced
  2. the folders of FAIRLEAD_PLUGIN_PATH
  3. $XDG_DATA_HOME/fairlead/transports (~/.local/share/fairlead/transports)
  4. /usr/local/lib/fairlead/transports, /usr/lib/fairlead/transports
  5. the folders of PATH

docs/writing-a-transport.md tells how to write one.`,
  ignoresBuilder: true,
  flags: listFlags,
  commands: [
    {
      name: "inspect",
      summary: "Show all that is known of a scheme's transport",
      load: () => import("./transports/inspect.ts"),
    },
    {
      name: "ls",
      summary: "List built-in transports and plugins",
      load: () => import("./transports/ls.ts"),
    },
    {
      name: "test",
      summary: "Run the conformance kit through an endpoint, against the BuildKit daemon there",
      load: () => import("./transports/kit.ts"),
    },
  ],
  run: listTransports,
});
