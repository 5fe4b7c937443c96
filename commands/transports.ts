import { defineCommand } from "../cli/command.ts";
import { listFlags, listTransports } from "./transports/ls.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  description: `List and test transports

A transport serves a URL scheme. A plugin adds a scheme: a file called fairlead-transport-SCHEME in
one of these places. The first place that has the file wins:

  1. an explicit path: --transport-plugin SCHEME=/path (on any command), or a builder's driver
     option transport=/path; only this can replace a built-in scheme
  2. the folders of FAIRLEAD_PLUGIN_PATH
  3. $XDG_DATA_HOME/fairlead/transports (~/.local/share/fairlead/transports)
  4. /usr/local/lib/fairlead/transports, /usr/lib/fairlead/transports
  5. the folders of PATH

docs/writing-a-transport.md says how to write one.`,
  ignoresBuilder: true,
  flags: listFlags,
  commands: [
    {
      name: "inspect",
      summary: "Show all details of a scheme's transport",
      load: () => import("./transports/inspect.ts"),
    },
    {
      name: "ls",
      summary: "List built-in transports and plugins",
      load: () => import("./transports/ls.ts"),
    },
    {
      name: "test",
      summary: "Run the conformance kit against the daemon at an endpoint",
      load: () => import("./transports/test.ts"),
    },
  ],
  run: listTransports,
});
