import { chooseBuilder } from "../builders/builder.ts";
import { driverOf } from "../builders/drivers/all.ts";
import { defineCommand } from "../cli/command.ts";
import { storeOf } from "../cli/builders/open_store.ts";

/** Stops the daemons that the builder's driver has made. Daemons of others go on. */
export const command = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: {},
  async run({ deps, args, global }) {
    const { env, signal } = deps;
    const builder = await chooseBuilder(storeOf(deps), env, args[0] ?? global.builder);
    const maker = await driverOf(builder).maker?.();
    if (maker === undefined) return;
    const context = { env, signal, log: () => {}, step: () => {} };
    for (const node of builder.nodes) await maker.stop(node, context);
  },
});
