/**
 * The engine of `build` and `bake`: builds named targets on the nodes of a builder, all at once.
 *
 *     const build = await prepare(path, flags, { …, call, targets });   // one by one; nothing is dialled
 *     const answers = await runBuilds(new Map([["default", build]]), context);
 *     imageId(answers.get("default")!);
 *
 * Each target is a solve with its own ref, session and record, on each node that has platforms of it
 * to build; a node has one connection for all. The first error ends the rest and is the one that is
 * thrown, with the target's name before it where there are several. Links between targets
 * (`target:x`, where `prepare` was told of x) become inputs of the frontend; a target that was
 * prepared with `call` is asked about, and not built.
 */
import { buildDetails, failedBuild } from "../results/build_details.ts";
import type { Builder } from "../../builders/builder.ts";
import { firstNode } from "../../builders/choose_node.ts";
import type { Store } from "../../builders/store/store.ts";
import { newId } from "../../base/identity.ts";
import { after } from "../../base/async.ts";
import { type Deps, withChanges } from "../../cli/deps.ts";
import { phase } from "../../cli/phases.ts";
import type { Progress } from "../../progress/progress.ts";
import type { Outcome } from "../../progress/renderer.ts";
import { BuildError } from "../build_error.ts";
import { watchIdle } from "./idle.ts";
import type { Job, JobContext } from "./job.ts";
import { type NodeClients, nodeClients } from "../nodes/node_clients.ts";
import { noOutput, type PreparedBuild } from "../prepare.ts";
import { buildRecords } from "../results/records.ts";
import type { Answers } from "../results/result.ts";
import { withRetries } from "./retry.ts";
import type { LoginRule } from "./registry_logins.ts";
import { openShared } from "./services.ts";
import { makeReady, runJob } from "./run_job.ts";

/** What a run goes by. */
export interface RunContext {
  readonly deps: Deps;
  readonly store: Store;
  readonly builder: Builder;
  readonly progress: Progress;
  /** Milliseconds that a connection may take; 0 for no limit. */
  readonly budget: number;
  /** How often the builds may be made again after a connection was lost; never by default. */
  readonly retries?: number;
  /** Milliseconds without progress after which they are cancelled; without it they never are. */
  readonly idleTimeout?: number;
  /** Registries whose logins the daemon may use; by default all. */
  readonly registryLogins?: LoginRule;
  /** How much of the provenance the answers are to have. */
  readonly provenance: "min" | "max" | undefined;
  /** What stands before the text of an error: `failed to build: `. */
  readonly errorPrefix: string;
  /** What bake was asked for: the builds are recorded as one group of that. */
  readonly group?: readonly string[];
  /** Connections that the run goes on with, and ends. */
  readonly nodes?: NodeClients;
}

/**
 * Connects, builds, and ends the progress display. Resolves to what the exporters answered, or the
 * frontend for a `call`, by target. Throws `BuildError`, or the signal's reason.
 */
export async function runBuilds(
  builds: ReadonlyMap<string, PreparedBuild>,
  context: RunContext,
): Promise<ReadonlyMap<string, Answers>> {
  const { deps, progress, errorPrefix } = context;
  phase("prepared");
  const noted = noteUse(context);
  let spent: string | undefined;
  const spend = (reason: string) => void (spent = reason);
  let open = context.nodes;
  // Below the display, as buildx has it: what stands above one that fills the terminal isn't seen.
  const finish = (outcome: Outcome) => progress.finish(outcome, noOutput(builds, context.builder));
  try {
    const answers = await withRetries({ ...context, spent: () => spent }, async () => {
      const nodes = open ?? nodeClients({ ...context, affinity: affinityOf(builds, context) });
      open = undefined;
      try {
        return await runOn(nodes, builds, { ...context, spend });
      } finally {
        await nodes.close();
      }
    });
    phase("solved");
    finish({});
    if (progress.mode === "plain" || progress.mode === "tty") {
      const refs = [...answers].flatMap(([target, { "buildx.build.ref": ref }]) =>
        ref === undefined ? [] : [[target, ref] as const]
      );
      const details = buildDetails(refs, deps);
      if (details) deps.stderr.paint(details);
    }
    return answers;
  } catch (error) {
    finish({ error, canceled: deps.signal.aborted });
    if (deps.signal.aborted || !(error instanceof Error)) throw error;
    const failed = error instanceof BuildError ? error : new BuildError(error, errorPrefix);
    const ref = failedBuild(failed);
    if (ref !== undefined) failed.below = buildDetails([["", ref]], deps);
    throw failed;
  } finally {
    noted();
  }
}

/** Notes while the daemon is waited for, or when the returned function is called, that the builder is used. */
function noteUse({ store, builder }: RunContext): () => void {
  let isNoted = false;
  const note = () => {
    if (!isNoted) store.noteUse(builder);
    isNoted = true;
  };
  const stop = after(0, note);
  return () => {
    stop();
    note();
  };
}

/**
 * What `runBuilds` would do, by target and node; nodes are connected to where they have to be asked what
 * they build. Throws `BuilderError`, `DialError` and the like.
 */
export async function planBuilds(
  builds: ReadonlyMap<string, PreparedBuild>,
  context: RunContext,
): Promise<readonly Job[]> {
  const nodes = context.nodes ??
    nodeClients({ ...context, affinity: affinityOf(builds, context) });
  try {
    return await jobsOf(nodes, builds, context);
  } finally {
    await nodes.close();
  }
}

/** Of a build its context, of bake the folder it was called in: buildx's keys for one of several pods. */
function affinityOf(
  builds: ReadonlyMap<string, PreparedBuild>,
  { group, deps }: Pick<RunContext, "group" | "deps">,
): string {
  const [build] = builds.values();
  return group === undefined && build !== undefined ? build.inputs.state.localPath : deps.cwd;
}

async function runOn(
  nodes: NodeClients,
  builds: ReadonlyMap<string, PreparedBuild>,
  context: RunContext & Pick<JobContext, "spend">,
): Promise<ReadonlyMap<string, Answers>> {
  const jobs = await jobsOf(nodes, builds, context);
  using shared = openShared(context, jobs.map(({ build }) => build));
  using idle = context.idleTimeout ? watchIdle(context.idleTimeout) : undefined;
  const common = {
    ...context,
    ...idle && { idle, deps: withSignal(context.deps, idle.signal) },
    shared,
    record: buildRecords(context, jobs),
  };
  if (jobs.length > 1) {
    const { runTogether } = await import("./run_together.ts");
    return await runTogether(jobs, nodes, common);
  }
  const job = jobs[0]!;
  const client = await nodes.of(job);
  phase("connected");
  await makeReady(client, job.build, common);
  return new Map([[job.target, await runJob(client, job, common)]]);
}

/** The same, which this signal ends, too. */
function withSignal(deps: Deps, signal: AbortSignal): Deps {
  return withChanges(deps, { signal: AbortSignal.any([deps.signal, signal]) });
}

async function jobsOf(
  nodes: NodeClients,
  builds: ReadonlyMap<string, PreparedBuild>,
  context: RunContext,
): Promise<Job[]> {
  const { builder } = context;
  if (builder.nodes.length > 1) {
    const { splitJobs } = await import("../nodes/split.ts");
    return await splitJobs(nodes, builds, context);
  }
  const node = firstNode(builder);
  return [...builds].map(([target, build]) => {
    const { platforms, options } = build;
    const reasons = platforms.map(() => "only" as const);
    return { target, build, ref: newId(), index: 0, node, platforms, reasons, options };
  });
}
