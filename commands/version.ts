import { version } from "../version.ts";
import { defineCommand } from "./command.ts";

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  flags: {},
  ignoresBuilder: true,
  run({ deps }) {
    deps.stdout.write(`fairlead ${version.number} ${version.revision}\n`);
    return Promise.resolve();
  },
});
