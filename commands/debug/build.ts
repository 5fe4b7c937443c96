import { warmUp } from "../../builders/warm_up.ts";
import { builderAhead } from "../../cli/builders/ahead.ts";
import { defineCommand } from "../../cli/command.ts";
import { UsageError } from "../../base/usage_error.ts";
import { ownConsole } from "../../debugging/console.ts";
import { monitored } from "../../debugging/monitor/debug_build.ts";
import { parseInvoke, startsAlways } from "../../debugging/monitor/invoke.ts";
import { asBuildFlags, debuggedFlags, refuseStdin } from "../build/flags.ts";
import { runBuild } from "../build/run.ts";
import { debugFlags } from "./flags.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] PATH | URL | -", min: 1, max: 1 },
  flags: { ...debuggedFlags, ...debugFlags },
  async run(invocation) {
    const { deps, args, given, global } = invocation;
    const { invoke: invokeText, on, ...rest } = invocation.flags;
    const flags = asBuildFlags(rest);
    refuseStdin(args[0]!, flags.file);
    const invoke = parseInvoke(invokeText);
    const isAlways = startsAlways(on, invokeText) || (!given.has("on") && invokeText !== "");
    if (!deps.stdin.isTerminal || !deps.stdout.isTerminal) {
      throw new UsageError(
        "the monitor of debug needs a terminal",
        "without a terminal, build --shell-on-error runs commands from standard input",
      );
    }
    const console = ownConsole(deps);
    while (true) {
      // The store may have changed when the build begins again.
      using ahead = await builderAhead(deps, global.builder, warmUp);
      let reloads = false;
      const options = { invoke, always: isAlways, onReload: () => void (reloads = true) };
      try {
        return await runBuild(
          { ...invocation, flags },
          ahead,
          (around) => ({ inspect: monitored(options, console, around) }),
        );
      } catch (error) {
        if (!reloads || deps.signal.aborted) throw error;
        deps.stderr.write("Building again\n");
      }
    }
  },
});
