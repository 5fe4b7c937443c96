import { limitsOf } from "./build/run_flags.ts";
import { progressOf } from "../progress/command_progress.ts";
import { chooseMode } from "../progress/mode.ts";
import { exists } from "../base/stat.ts";
import { printTargets } from "../bake/definition/print.ts";
import { readDefinition } from "../bake/definition/read.ts";
import { resolveTargets } from "../bake/definition/resolve.ts";
import { warmUp } from "../builders/warm_up.ts";
import { driverOf } from "../builders/drivers/all.ts";
import { readArguments } from "./bake/arguments.ts";
import { fileNames } from "./bake/file_names.ts";
import { checkPermissions } from "../builds/permissions/check.ts";
import { readablePath } from "../builds/permissions/reads.ts";
import { bakeFlags } from "./bake/flags.ts";
import { disablesPolicies, overridesOf } from "./bake/overrides.ts";
import { planTargets } from "./bake/plan.ts";
import { definitionEnv, readOptions } from "./bake/read_options.ts";
import { readSource } from "./bake/source.ts";
import type { nodeClients } from "../builds/nodes/node_clients.ts";
import { defineCommand } from "../cli/command.ts";
import { chooseCall } from "../builds/spec/call.ts";
import { globalFlags } from "../cli/flags/spec.ts";
import { firstArgument, rootPath } from "../cli/root.ts";
import { UsageError } from "../base/usage_error.ts";
import { chosenBuilder } from "../cli/builders/chosen_builder.ts";
import { storeOf } from "../cli/builders/open_store.ts";
import type { DockerfileSource } from "../builds/spec/source.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [TARGET...]", min: 0, max: Infinity },
  flags: bakeFlags,
  async run({ deps, args, flags, given, occurrences, global }) {
    const { env, stdout } = deps;
    for (const { name } of occurrences) {
      const value = name.match(/^list-(targets|variables)$/)?.[1];
      if (value === undefined) continue;
      deps.stderr.write(
        `Flag --${name} has been deprecated, ${name} is deprecated, use list=${value} instead\n`,
      );
    }
    const { url, context, targets } = readArguments(args);
    const list = flags.list || flags["list-targets"] && "targets" ||
      flags["list-variables"] && "variables" || "";
    if (flags.print && list) throw new UsageError("--print and --list are mutually exclusive");
    const asksPlan = given.has("plan");
    if (asksPlan && (flags.print || list)) {
      throw new UsageError(`--plan and --${list ? "list" : "print"} are mutually exclusive`);
    }
    if (asksPlan) (await import("../builds/nodes/plan.ts")).checkPlanFormat(flags.plan);
    const call = chooseCall(occurrences, flags.call);
    const overrides = overridesOf(flags, given, call);
    const names = fileNames(flags.file, env, exists);
    const isRun = !flags.print && !list;
    const limits = limitsOf(flags, global);
    const shell = given.has("shell-on-error") || given.has("shell-from")
      ? (await import("../debugging/shell_on_error.ts"))
        .wantedShell(flags, names.all.includes("-"))
      : undefined;
    const store = storeOf(deps);
    const builder = isRun || url !== undefined
      ? await chosenBuilder(deps, global.builder, store)
      : undefined;
    if (builder) driverOf(builder);
    using _ahead = builder && !asksPlan ? warmUp(builder, deps) : undefined;
    const { mode } = chooseMode(flags.progress, deps);
    const dockerfiles = new Map<string, DockerfileSource>();
    const watcher = flags.timeline === "" || !isRun || asksPlan
      ? undefined
      : (await import("../builds/timeline.ts")).timelineFile(flags.timeline, {
        deps,
        title: ["bake", ...targets].join(" "),
        builder: builder!.name,
        dockerfiles,
      });
    const display = () => progressOf(deps, { mode, builder, debug: global.debug, watcher });
    using progress = display();
    await using nodes = url !== undefined && builder
      ? await openNodes({ builder, deps, progress, budget: limits.budget })
      : undefined;
    const source = await readSource(url, names, { deps, progress, nodes });
    const warn = (text: string) => progress.note(`WARNING: ${text}`);
    const options = readOptions(deps, {
      vars: flags.var,
      context,
      warn,
      ...url !== undefined && {
        readable: (path) => readablePath(path, { deps, allow: flags.allow }),
      },
    });
    const definition = await readDefinition(source.files, options);
    if (list) {
      progress.finish();
      const { showList } = await import("./bake/list.ts");
      await showList(deps, definition, list);
      return 0;
    }
    const resolved = resolveTargets(definition, {
      names: targets,
      overrides,
      env: definitionEnv(deps),
    });
    const plan = await planTargets(resolved, {
      deps,
      isFetched: url !== undefined,
      repository: source.repository,
      disablesPolicies: disablesPolicies(flags.policy),
    });
    for (const { name, spec } of plan) dockerfiles.set(name, spec.dockerfile);
    const printed = () => printTargets(resolved);
    if (flags.print) {
      progress.finish();
      stdout.write(printed());
      return 0;
    }
    const { missing, permitted } = checkPermissions(plan, {
      deps,
      allow: flags.allow,
      named: resolved.allowed,
      isRemote: url !== undefined,
      files: names.all,
    });
    if (missing) {
      // The display is disposed of, not finished: its watcher continues with the next display.
      progress[Symbol.dispose]();
      const { requestPrivileges } = await import("../builds/permissions/request.ts");
      const program = rootPath(deps).split(" ");
      const at = program.length + firstArgument(deps.args, globalFlags);
      await requestPrivileges(missing, { deps, words: [...program, ...deps.args], at });
    }
    // The display released the terminal for the question.
    using live = missing ? display() : progress;
    const { runPlan } = await import("./bake/run.ts" /* at every run */);
    return await runPlan(plan, {
      deps,
      store,
      builder: builder!,
      limits,
      hooks: shell?.({ deps, progress: live, retries: limits.retries }),
      nodes,
      progress: live,
      permitted,
      metadataFile: flags["metadata-file"],
      planFormat: asksPlan ? flags.plan : undefined,
      call,
      names: targets,
      resolved,
      printed,
    });
  },
});

/** Opens the connections over which the definition is read and the targets are built. */
async function openNodes(options: Parameters<typeof nodeClients>[0]) {
  const { nodeClients } = await import("../builds/nodes/node_clients.ts");
  const nodes = nodeClients(options);
  return { ...nodes, [Symbol.asyncDispose]: () => nodes.close() };
}
