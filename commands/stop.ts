import { chooseBuilder } from "../builders/builder.ts";
import { BuilderError } from "../builders/builder_error.ts";
import { driverOf } from "../builders/drivers/all.ts";
import { defineCommand } from "../cli/command.ts";
import { storeOf } from "../cli/builders/open_store.ts";

/**
 * fairlead stops no daemon, since it starts none. For a daemon that a driver of buildx has started, the error
 * names the command that stops it.
 */
export const command = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: {},
  async run({ deps, args, global }) {
    const store = storeOf(deps);
    const builder = await chooseBuilder(store, deps.env, args[0] ?? global.builder);
    const { name, stopCommand } = driverOf(builder);
    if (stopCommand === undefined) return;
    throw new BuilderError(
      `builder ${builder.name} has the driver ${name}, and fairlead stops no daemon that buildx started`,
      { hint: builder.nodes.map((node) => stopCommand(node, deps.env)).join("; ") },
    );
  },
});
