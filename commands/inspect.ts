import { driverOf } from "../builders/drivers/all.ts";
import { warmUpTls } from "../builders/warm_up.ts";
import { askBuilders } from "../builders/status.ts";
import { statusLimit } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import { statusTimeout } from "../cli/flags/common.ts";
import { inspectText } from "./inspect/inspect_text.ts";
import { askOptions } from "../cli/builders/status_report.ts";
import { debugIsSet } from "../cli/run.ts";
import { chosenBuilder } from "../cli/builders/chosen_builder.ts";

export const command = defineCommand({
  args: { usage: "[NAME]", min: 0, max: 1 },
  flags: {
    bootstrap: { kind: "bool", summary: "Ensure builder has booted before inspecting" },
    ...statusTimeout,
  },
  async run({ deps, args, flags, given, global }) {
    const builder = await chosenBuilder(deps, args[0] ?? global.builder);
    warmUpTls([builder]);
    const timeout = statusLimit(flags, given, global);
    // A driver whose nodes may be several daemons is asked again.
    const isSimple = flags.bootstrap && driverOf(builder).members === undefined;
    const nodes = flags.bootstrap &&
      await (await import("./inspect/boot.ts")).bootAll(builder, timeout, deps, global);
    const options = { ...askOptions(deps, global), timeout, showStep: false };
    const status = nodes && isSimple
      ? { builder, nodes }
      : (await askBuilders([builder], options))[0]!;
    const features = global.debug || debugIsSet(deps.env);
    deps.stdout.write(inspectText(status, { features, plugin: deps.plugin }));
  },
});
