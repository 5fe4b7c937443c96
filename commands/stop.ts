import { chooseBuilder, openStore, requireRemote } from "../builders/builder.ts";
import { defineCommand } from "./command.ts";

/** A daemon that fairlead hasn't started it doesn't stop either; buildx's remote driver neither. */
export const command = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: {},
  async run({ deps, args, global }) {
    const store = openStore(deps.env);
    requireRemote(await chooseBuilder(store, deps.env, args[0] ?? global.builder));
  },
});
