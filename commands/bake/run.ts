/** Builds the planned targets. */
import type { RunLimits } from "../build/run_flags.ts";
import type { Resolved } from "../../bake/options.ts";
import type { Builder } from "../../builders/builder.ts";
import type { Store } from "../../builders/store/store.ts";
import { provenanceMode, wantsWarnings } from "../../builds/results/metadata.ts";
import { withErrorPrefix } from "../../builds/build_error.ts";
import type { NodeClients } from "../../builds/nodes/node_clients.ts";
import { checkouts } from "../../builds/inputs/git_repository.ts";
import { NoDockerfile } from "../../builds/inputs/dockerfile.ts";
import { prepare, type PreparedBuild, sourcePolicy } from "../../builds/prepare.ts";
import { recordUnbuilt } from "../../builds/results/records.ts";
import { removeResult, writeResult } from "../../builds/results/result.ts";
import { planBuilds, runBuilds, type RunContext } from "../../builds/running/run.ts";
import { openScratch } from "../../builds/scratch.ts";
import type { Permitted } from "../../builds/permissions/permitted.ts";
import type { BuildSpec } from "../../builds/spec/build_spec.ts";
import type { Deps } from "../../cli/deps.ts";
import { type CallMethod, parseCall } from "../../builds/spec/call.ts";
import { goJson } from "../../base/go/json.ts";
import type { Progress } from "../../progress/progress.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Planned } from "./plan.ts";
import { answersOf, type Done, runMetadata, showAnswers, showMessages } from "./results.ts";

/** The inputs of `runPlan` besides the plan. */
export interface BakeContext {
  readonly deps: Deps;
  readonly store: Store;
  readonly builder: Builder;
  readonly limits: RunLimits;
  /** `--shell-on-error`. */
  readonly hooks: Pick<RunContext, "inspect" | "wantedAgain"> | undefined;
  /** Connections that reading the definition has opened. */
  readonly nodes: NodeClients | undefined;
  readonly progress: Progress;
  /** The paths that the targets may open; undefined for all. */
  readonly permitted: Permitted | undefined;
  /** The path of `--metadata-file`; empty for none. */
  readonly metadataFile: string;
  /** The format of `--plan`, with which nothing is built. */
  readonly planFormat: string | undefined;
  /** `--call`, which says how answers are printed. */
  readonly call: CallMethod | undefined;
  /** The names of the targets as the user typed them. */
  readonly names: readonly string[];
  readonly resolved: Resolved;
  /** The definition as it is printed. */
  readonly printed: () => string;
}

/** Builds all targets at once, ends the display, and writes results. Resolves to the exit code. */
export async function runPlan(plan: readonly Planned[], context: BakeContext): Promise<number> {
  const { deps, store, builder, progress, metadataFile, call, names, nodes } = context;
  const policy = await sourcePolicy(deps.env);
  using scratch = openScratch();
  const builds = new Map<string, PreparedBuild>();
  const targets = new Set(plan.map(({ name }) => name));
  const checkoutOf = checkouts();
  for (const { name, target, spec } of plan) {
    const asked = parseCall(target.call ?? "");
    const { format = "", ignoreStatus = false } = call ?? {};
    const complete: BuildSpec = {
      ...spec,
      // The user has granted this before the run.
      entitlements: [...spec.entitlements, "buildx.local.delete"],
      call: asked && { ...asked, format, ignoreStatus },
    };
    const preparing = () =>
      prepare(complete, {
        deps,
        builder,
        store,
        scratch,
        targets,
        budget: context.limits.budget,
        sourcePolicy: policy,
        checkoutOf,
        permitted: context.permitted,
        onNoDockerfile: (state) => {
          if (context.planFormat !== undefined) return;
          recordUnbuilt({ store, builder, group: names }, name, state);
        },
      }).catch((error) => withDockerfile(name, spec, error));
    const prepared = plan.length > 1
      ? withErrorPrefix(`target ${name}: `, deps, preparing)
      : preparing();
    builds.set(name, await prepared);
  }
  refuseSecondStdout(builds);
  const running: RunContext = {
    ...{ deps, store, builder, progress, ...context.limits, ...context.hooks },
    provenance: metadataFile ? provenanceMode(deps.env) : undefined,
    errorPrefix: "",
    group: names,
    ...nodes && { nodes },
  };
  if (context.planFormat !== undefined) return await planAll(builds, context.planFormat, running);
  if (metadataFile) removeResult(metadataFile);
  const answers = await runBuilds(builds, running);
  const all = plan.map(({ name, target }): Done => ({
    name,
    target,
    build: builds.get(name)!,
    answers: answers.get(name)!,
  }));
  if (metadataFile) {
    const warnings = !call && wantsWarnings(deps.env) ? progress.warnings() : [];
    writeResult(metadataFile, runMetadata(all, warnings));
  }
  return show(all, context);
}

function show(all: readonly Done[], { deps, call, printed }: BakeContext): number {
  const write = (text: string) => deps.stdout.write(text);
  if (call?.format !== "json") {
    const code = showAnswers(all, write);
    showMessages(all, write);
    return code;
  }
  const { answers, code } = answersOf(all);
  const { group, target } = JSON.parse(printed());
  const targets = Object.entries(target).map(([name, build]) => {
    const answer = answers.get(name);
    const key = call.name === "lint" ? "check" : call.name;
    return [name, { build, ...answer && { [key]: answer } }] as const;
  });
  write(`${goJson({ group, target: new Map(targets) }, 2)}\n`);
  showMessages(all, write);
  return code;
}

async function planAll(
  builds: ReadonlyMap<string, PreparedBuild>,
  format: string,
  running: RunContext,
): Promise<number> {
  const { deps, progress } = running;
  const { showPlan } = await import("../../builds/nodes/plan.ts");
  const jobs = await planBuilds(builds, running);
  progress.finish();
  await showPlan(deps, jobs, format);
  return 0;
}

/** Throws the error again. The one of a missing Dockerfile says where it was looked for. */
function withDockerfile(name: string, { dockerfile }: BuildSpec, error: Error): never {
  if (!(error instanceof NoDockerfile)) throw error;
  throw new UsageError(
    error.message,
    `the dockerfile of target ${name} is ${dockerfile.typed}, relative to the context of the target`,
  );
}

/** Two tars can't share stdout. */
function refuseSecondStdout(builds: ReadonlyMap<string, PreparedBuild>): void {
  const users = [...builds].filter(([, { outputs }]) =>
    outputs.some(({ target }) => target.to === "stdout")
  );
  if (users.length < 2) return;
  const names = users.map(([name]) => name).join(", ");
  throw new UsageError(
    "multiple outputs configured to write to stdout",
    `the outputs of ${names} need a separate dest each`,
  );
}
