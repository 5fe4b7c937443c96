import { warmUp } from "../../builders/warm_up.ts";
import { type Ahead, builderAhead, type Chosen } from "../../cli/builders/ahead.ts";
import type { Invocation } from "../../cli/command.ts";
import { ownProgram } from "../../cli/plugin/plugin_links.ts";
import { UsageError } from "../../base/usage_error.ts";
import { runAdapter } from "../../debugging/dap/adapter.ts";
import { asBuildFlags, type debuggedFlags, refuseStdin } from "../build/flags.ts";
import { runBuild } from "../build/run.ts";

/**
 * Runs `dap build`: serves the client, and builds as often as it wants.
 * @param ahead the builder of the first build
 */
export async function debugBuilds(
  invocation: Invocation<typeof debuggedFlags>,
  ahead: Ahead<Chosen>,
): Promise<void> {
  const { deps, args, global } = invocation;
  const flags = asBuildFlags(invocation.flags);
  refuseStdin(args[0] ?? "", flags.file);
  let first: Ahead<Chosen> | undefined = ahead;
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
      // The store may have changed when the build begins again.
      using chosen = first ?? await builderAhead(changed, global.builder, warmUp);
      first = undefined;
      await runBuild(
        { ...invocation, deps: changed, args: [path], flags: own },
        chosen,
        ({ progress }) => hook(progress.state),
      );
    },
  });
}
