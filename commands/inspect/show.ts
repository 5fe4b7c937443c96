import { driverOf } from "../../builders/drivers/all.ts";
import { askBuilders } from "../../builders/status.ts";
import { statusLimit } from "../../cli/connect_timeout.ts";
import type { Invocation } from "../../cli/command.ts";
import type { inspectFlags } from "./flags.ts";
import { inspectText } from "./inspect_text.ts";
import { askOptions } from "../../cli/builders/status_report.ts";
import { debugIsSet } from "../../cli/run.ts";
import type { Ahead, Chosen } from "../../cli/builders/ahead.ts";

/** Runs `inspect`. */
export async function showBuilder(
  { deps, flags, given, global }: Invocation<typeof inspectFlags>,
  ahead: Ahead<Chosen>,
): Promise<void> {
  const { builder } = ahead.take(deps);
  const timeout = statusLimit(flags, given, global);
  // A driver whose nodes may be several daemons is asked again.
  const isSimple = flags.bootstrap && driverOf(builder).members === undefined;
  const nodes = flags.bootstrap &&
    await (await import("./boot.ts")).bootAll(builder, timeout, deps, global);
  const options = { ...askOptions(deps, global), timeout, showStep: false };
  const status = nodes && isSimple
    ? { builder, nodes }
    : (await askBuilders([builder], options))[0]!;
  const features = global.debug || debugIsSet(deps.env);
  deps.stdout.write(inspectText(status, { features, plugin: deps.plugin }));
}
