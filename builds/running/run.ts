/**
 * The engine of `build` and `bake`: builds named targets on the nodes of a builder, all at once.
 *
 *     const build = await prepare(spec, { …, targets });   // one by one; no node is dialled
 *     const answers = await runBuilds(new Map([["default", build]]), context);
 *     imageId(answers.get("default")!);
 *
 * Each target is a solve with its own ref, session and record, on each node that builds platforms
 * of it. A node has one connection for all targets. The first error ends the other builds and is
 * thrown, with the target's name where there are several. Links between targets (`target:x`) become
 * inputs of the frontend. A target that was prepared with `call` is asked about, and not built.
 */
import { buildDetails, failedBuild } from "../results/build_details.ts";
import type { Builder } from "../../builders/builder.ts";
import { firstNode } from "../../builders/choose_node.ts";
import type { Store } from "../../builders/store/store.ts";
import { newId } from "../../base/identity.ts";
import { type Deps, withSignal } from "../../cli/deps.ts";
import { phase } from "../../cli/phases.ts";
import type { Progress } from "../../progress/progress.ts";
import { BuildError, programFailed } from "../build_error.ts";
import { watchIdle } from "./idle.ts";
import type { Inspect } from "./inspect.ts";
import type { Job, JobContext } from "./job.ts";
import { type NodeClients, nodeClients } from "../nodes/node_clients.ts";
import { noOutput } from "../outputs/chosen_outputs.ts";
import type { PreparedBuild } from "../prepare.ts";
import type { ProvenanceMode } from "../results/metadata.ts";
import { buildRecords } from "../results/records.ts";
import type { Answers } from "../results/result.ts";
import type { Sys } from "../../buildkit/fsync/os/sys.ts";
import { withRetries } from "./retry.ts";
import type { LoginRule } from "./registry_logins.ts";
import { openShared } from "./services.ts";
import { makeReady, runJob } from "./run_job.ts";

/** The options of `runBuilds` besides the builds. */
export interface RunContext {
  readonly deps: Deps;
  readonly store: Store;
  readonly builder: Builder;
  readonly progress: Progress;
  /** Milliseconds that a connection may take; 0 for no limit. */
  readonly budget: number;
  /** How often the builds are repeated at most after a connection was lost; never by default. */
  readonly retries?: number;
  /** Milliseconds without progress after which the builds are cancelled; never by default. */
  readonly idleTimeout?: number;
  /** Registries whose logins the daemon may use; by default all. */
  readonly registryLogins?: LoginRule;
  /** Whether to compress the files that the daemon reads; true by default. */
  readonly compressUploads?: boolean;
  /** The wanted amount of provenance in the answers. */
  readonly provenance: ProvenanceMode;
  /** The beginning of each error's text: `failed to build: `. */
  readonly errorPrefix: string;
  /** The names that bake was asked for. The builds are recorded as one group of them. */
  readonly group?: readonly string[];
  /** Looks into each build before its result is exported. */
  readonly inspect?: Inspect;
  /** After a failed attempt: whether the user wants another one. */
  readonly wantedAgain?: () => boolean;
  /** Open system calls that the run uses, and leaves open. */
  readonly sys?: Sys | undefined;
  /** Open connections that the run uses and closes. */
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
  const noteUse = useNote(context);
  let notRepeatable: string | undefined;
  const markNotRepeatable = (reason: string) => void (notRepeatable = reason);
  let open = context.nodes;
  let closed = Promise.resolve();
  const imageSizes = progress.mode === "tty" ? new Map<string, number>() : undefined;
  try {
    const answers = await withRetries(
      { ...context, notRepeatable: () => notRepeatable },
      async () => {
        const nodes = open ?? nodeClients({ ...context, affinity: affinityOf(builds, context) });
        open = undefined;
        try {
          const answers = await runOn(nodes, builds, {
            ...context,
            markNotRepeatable,
            noteUse,
            ...imageSizes && { imageSizes },
          });
          closed = nodes.close();
          return answers;
        } catch (error) {
          await nodes.close();
          throw error;
        }
      },
    );
    phase("solved");
    // Below the display, as in buildx: lines above a display that fills the terminal aren't seen.
    progress.finish({}, noOutput(builds, context.builder));
    if (imageSizes && !context.inspect && ![...builds.values()].some(({ call }) => call)) {
      const { showSummary } = await import("../results/summary.ts");
      const targets = [...builds].map(([target, { outputs }]) => {
        const own = answers.get(target)!;
        const size = imageSizes.get(own["containerimage.digest"] ?? "");
        return { target, outputs, answers: own, size };
      });
      showSummary(targets, progress.state, deps);
    }
    if (progress.mode === "plain" || progress.mode === "tty") {
      const refs = [...answers].flatMap(([target, { "buildx.build.ref": ref }]) =>
        ref === undefined ? [] : [[target, ref] as const]
      );
      const details = buildDetails(refs, deps);
      if (details) deps.stderr.paint(details);
    }
    return answers;
  } catch (error) {
    progress.finish({ error, canceled: deps.signal.aborted });
    if (deps.signal.aborted || !(error instanceof Error)) throw error;
    const failed = error instanceof BuildError ? error : new BuildError(error, errorPrefix);
    if (progress.mode === "tty") failed.leaveCommandOut();
    const ref = failedBuild(failed);
    const isWatched = deps.stderr.isTerminal && deps.stdin.isTerminal;
    if (isWatched && context.inspect === undefined && programFailed(failed)) {
      failed.hint ??= "--shell-on-error opens a shell in the file system of the failed step";
    }
    if (ref !== undefined) failed.below = buildDetails([["", ref]], deps);
    throw failed;
  } finally {
    await noteUse();
    await closed;
  }
}

/** The function that records, once, that the builder is used. */
function useNote({ store, builder }: RunContext): () => Promise<void> {
  let noted: Promise<void> | undefined;
  return () => noted ??= store.noteUse(builder);
}

/**
 * The jobs that `runBuilds` would run. Connects to nodes where they must be asked which platforms
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

/**
 * buildx's key for the choice among several pods: a build's context, or the folder that bake runs
 * in.
 */
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
  context: RunContext & Pick<JobContext, "markNotRepeatable" | "noteUse" | "imageSizes">,
): Promise<ReadonlyMap<string, Answers>> {
  const jobs = await jobsOf(nodes, builds, context);
  if (context.progress.mode === "tty") void compareWithLast(nodes, jobs, context);
  using shared = openShared(context, jobs.map(({ build }) => build));
  using idle = context.idleTimeout ? watchIdle(context.idleTimeout) : undefined;
  const common = {
    ...context,
    ...idle && { idle, deps: withSignal(context.deps, idle.signal) },
    shared,
    isBake: context.group !== undefined,
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

/** Shows the time as a share of the last build's, once the daemon has answered. Never rejects. */
async function compareWithLast(
  nodes: NodeClients,
  jobs: readonly Job[],
  { builder, store, progress, deps }: RunContext,
): Promise<void> {
  try {
    const { lastTime } = await import("../results/last_time.ts");
    const times = await Promise.all(
      jobs.map(async (job) =>
        await lastTime(await nodes.of(job), { job, builder: builder.name, store }, deps.signal)
      ),
    );
    const known = times.filter((time) => time !== undefined);
    if (known.length === times.length) progress.compareWith(Math.max(...known));
  } catch {
    // The build doesn't need it.
  }
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
