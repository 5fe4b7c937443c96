import { defineCommand } from "../../cli/command.ts";
import { ownProgram } from "../../cli/plugin/plugin_links.ts";
import { UsageError } from "../../base/usage_error.ts";
import { runAdapter } from "../../debugging/dap/adapter.ts";
import { asBuildFlags, debuggedFlags, refuseStdin } from "../build/flags.ts";
import { runBuild } from "../build/run.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] PATH | URL | -", min: 0, max: 1 },
  description:
    "Start a build that an editor debugs: the debug adapter protocol on standard input " +
    "and output.",
  flags: debuggedFlags,
  async run(invocation) {
    const { deps, args } = invocation;
    const flags = asBuildFlags(invocation.flags);
    refuseStdin(args[0] ?? "", flags.file);
    await runAdapter({
      deps,
      program() {
        const docker = deps.env("DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND");
        return deps.plugin !== undefined && docker ? [docker, deps.plugin] : [ownProgram(deps.env)];
      },
      check({ contextPath, dockerfile }) {
        refuseStdin(contextPath, dockerfile);
        if (contextPath !== "" || args.length > 0) return;
        throw new UsageError("no context to build: launch has no contextPath");
      },
      async build({ contextPath, dockerfile, target }, changed, hook) {
        const own = { ...flags, ...dockerfile && { file: dockerfile }, ...target && { target } };
        const path = contextPath || args[0]!;
        await runBuild(
          { ...invocation, deps: changed, args: [path], flags: own },
          ({ progress }) => ({ inspect: hook(progress.state) }),
        );
      },
    });
    return 0;
  },
});
