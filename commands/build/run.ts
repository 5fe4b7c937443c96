import { limitsOf } from "./run_flags.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import type { Invocation } from "../../cli/command.ts";
import { chooseCall } from "../../builds/spec/call.ts";
import { withErrorPrefix } from "../../builds/build_error.ts";
import {
  checkResultPath,
  imageId,
  metadataText,
  removeResult,
  writeResult,
} from "../../builds/results/result.ts";
import { recordUnbuilt } from "../../builds/results/records.ts";
import { provenanceMode, wantsWarnings } from "../../builds/results/metadata.ts";
import { checkouts } from "../../builds/inputs/git_repository.ts";
import { prepare, sourcePolicy } from "../../builds/prepare.ts";
import { planBuilds, runBuilds, type RunContext } from "../../builds/running/run.ts";
import { openScratch } from "../../builds/scratch.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Progress } from "../../progress/progress.ts";
import { chooseMode } from "../../progress/mode.ts";
import { progressOf } from "../../progress/command_progress.ts";
import { warn } from "../../cli/warn.ts";
import { suspectPlatform } from "../../builders/platforms.ts";
import { suspectFolder } from "../../grammar/output.ts";
import type { Ahead, Chosen } from "../../cli/builders/ahead.ts";
import type { buildFlags } from "./flags.ts";
import { warnLegacy } from "./legacy_flags.ts";
import { specOfFlags } from "./spec.ts";

/** Hooks that look into a build. */
export interface BuildHooks extends Pick<RunContext, "inspect" | "sys" | "wantedAgain"> {
  /** Called after a build that was only looked into; it has no results. */
  readonly asked?: () => Promise<void>;
}

/** Makes the hooks of a build once its display is there. */
export type HookMaker = (
  around: { readonly deps: Deps; readonly progress: Progress; readonly retries: number },
) => BuildHooks;

/**
 * Runs `build`: the last argument is the context. Resolves to the exit code.
 * @param ahead the builder
 */
export async function runBuild(
  { deps, args, flags, given, occurrences, global }: Invocation<typeof buildFlags>,
  ahead: Ahead<Chosen>,
  hook?: HookMaker,
): Promise<number> {
  warnLegacy(given, deps);
  if (deps.stderr.isTerminal) {
    const platforms = flags.platform.flatMap((text) => text.split(","));
    const suspects = [
      ...flags.output.flatMap((output) => suspectFolder(output) ?? []),
      ...platforms.flatMap((text) => suspectPlatform(text) ?? []),
    ];
    for (const text of suspects) {
      warn(deps, text);
    }
  }
  const described = await specOfFlags(args.at(-1)!, flags, deps);
  const call = chooseCall(occurrences, flags.call);
  const spec = { ...described, call };
  const results = [flags.iidfile, flags["metadata-file"]].filter((file) => file !== "");
  results.forEach(checkResultPath);
  if (!given.has("plan")) results.forEach(removeResult);
  const { store, builder } = ahead.take(deps);
  driverOf(builder);
  const { mode, printId } = chooseMode(flags.progress, deps, flags.quiet);
  const limits = limitsOf(flags, global);
  const plan = given.has("plan") ? await import("../../builds/nodes/plan.ts") : undefined;
  plan?.checkPlanFormat(flags.plan);
  using scratch = openScratch();
  const policy = await sourcePolicy(deps.env);
  const errorPrefix = "failed to build: ";
  const build = await withErrorPrefix(errorPrefix, deps, () =>
    prepare(spec, {
      deps,
      builder,
      store,
      scratch,
      budget: limits.budget,
      sourcePolicy: policy,
      checkoutOf: checkouts(),
      onNoDockerfile: (state) => {
        if (!plan) recordUnbuilt({ store, builder }, "default", state);
      },
    }));
  const builds = new Map([["default", build]]);
  const watcher = flags.timeline === "" || plan
    ? undefined
    : (await import("../../builds/timeline.ts")).timelineFile(flags.timeline, {
      deps,
      title: args.at(-1) === "-" ? "stdin" : build.inputs.state.localPath,
      builder: builder.name,
      dockerfiles: new Map([["default", spec.dockerfile]]),
    });
  using progress = progressOf(deps, { mode, builder, debug: global.debug, watcher });
  const provenance = flags["metadata-file"] && !call ? provenanceMode(deps.env) : undefined;
  const hooks = hook?.({ deps, progress, retries: limits.retries });
  const context = { deps, store, builder, progress, provenance, ...limits, errorPrefix, ...hooks };
  if (plan) {
    const jobs = await planBuilds(builds, context);
    await plan.showPlan(deps, jobs, flags.plan);
    return 0;
  }
  const answers = (await runBuilds(builds, context)).get("default")!;
  if (hooks?.asked) {
    await hooks.asked();
    return 0;
  }
  if (flags.iidfile) writeResult(flags.iidfile, imageId(answers), { umask: true });
  if (flags["metadata-file"]) {
    const warnings = !call && wantsWarnings(deps.env) ? progress.warnings() : [];
    writeResult(flags["metadata-file"], metadataText(answers, warnings));
  }
  if (call) {
    const { showAnswer } = await import("../../builds/results/call.ts");
    const file = build.inputs.dockerfile;
    return showAnswer(answers, call, file, (text) => deps.stdout.write(text));
  }
  // An empty line where there is no image, as buildx has it; but not behind an archive.
  if (printId && !build.outputs.some(({ target }) => target.to === "stdout")) {
    deps.stdout.write(`${imageId(answers)}\n`);
  }
  return 0;
}
