/** Several jobs of one run: targets of bake, or the parts of a target that several nodes build. */
import { formatPlatform } from "../../builders/platforms.ts";
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { DialError } from "../../transports/errors.ts";
import type { RunContext } from "./run.ts";
import { withNode, withPrefix } from "../../progress/prefix.ts";
import { BuildError } from "../build_error.ts";
import { withSignal } from "../../cli/deps.ts";
import type { Job, JobContext } from "./job.ts";
import { linkJobs, withLinkedCredentials } from "./links.ts";
import { jobText, type NodeClients } from "../nodes/node_clients.ts";
import type { Answers } from "../results/result.ts";
import { makeReady, runJob } from "./run_job.ts";
import { sharedUploads } from "./shared_uploads.ts";

/**
 * Runs the jobs at once. When one fails, the others are cancelled and waited for. Throws the failed
 * job's error as a `BuildError`, with the target's name where there are several targets.
 */
export async function runTogether(
  jobs: readonly Job[],
  nodes: NodeClients,
  context: JobContext & Pick<RunContext, "errorPrefix">,
): Promise<ReadonlyMap<string, Answers>> {
  const targets = Map.groupBy(jobs, ({ target }) => target);
  const links = linkJobs(jobs, context.inspect);
  // buildx's output has no nodes, and scripts read it.
  const isSplit = new Set(jobs.map(({ node }) => node.name)).size > 1;
  const showsNodes = isSplit && context.imageSizes !== undefined;
  const builds = new Map(jobs.map(({ target, build }) => [target, build]));
  const uploads = sharedUploads(jobs);
  const clients = new Map(
    await Promise.all(jobs.map(async (job) => [job, await nodes.of(job)] as const)),
  );
  const stop = new AbortController();
  const deps = withSignal(context.deps, stop.signal);
  let failure: { readonly error: unknown; readonly target: string; readonly job?: Job } | undefined;
  /** The first error counts; later ones follow from the cancellation. */
  async function guarded<T>(target: string, work: () => Promise<T>, job?: Job): Promise<T> {
    try {
      return await work();
    } catch (error) {
      failure ??= { error, target, ...job && { job } };
      stop.abort(error);
      throw error;
    }
  }

  async function runTarget(target: string, parts: readonly Job[]): Promise<Answers> {
    const progress = targets.size > 1 ? withPrefix(context.progress, target) : context.progress;
    const own = { ...context, deps, progress };
    const first = parts[0]!;
    const ready = (async () => {
      if (parts.length > 1) await first.build.inputs.keepStdin(deps.signal);
      await makeReady(clients.get(first)!, first.build, own);
    })();
    const answers = await allOf(parts.map((job) =>
      guarded(target, async () => {
        await ready;
        const client = clients.get(job)!;
        const attrs = { ...job.options.attrs, ...uploads.attrsOf(job) };
        const build = withLinkedCredentials(job.build, builds);
        const fitted = { ...job, build, options: { ...job.options, attrs } };
        const ofJob = progress.ofJob(isSplit ? job.node.name : undefined);
        const shown = showsNodes ? withNode(ofJob, job.node.name) : ofJob;
        const ofNode = { ...own, progress: shown };
        return await uploads.during(
          client,
          job,
          ofNode,
          () => runJob(client, fitted, ofNode, links.get(job)),
        );
      }, job)
    ));
    if (answers.length === 1) return answers[0]!;
    const { joinParts } = await import("../nodes/join.ts");
    return await joinParts(answers, first.build.options.exporters, own);
  }

  try {
    const answers = await allOf(
      [...targets].map(async ([target, parts]) =>
        [target, await guarded(target, () => runTarget(target, parts))] as const
      ),
    );
    return new Map(answers);
  } catch (thrown) {
    const { error, target, job } = failure ?? { error: thrown, target: "", job: undefined };
    if (context.deps.signal.aborted || !(error instanceof Error)) throw error;
    const name = targets.size > 1 ? `target ${target}: ` : "";
    const placed = job && context.builder.nodes.length > 1 ? job : undefined;
    const onTheWay = error instanceof ConnectionLost || error instanceof DialError;
    const node = placed && onTheWay ? `${jobText(placed)}: ` : "";
    throw new BuildError(
      error,
      `${context.errorPrefix}${name}${node}`,
      placed && placeOf(placed),
    );
  }
}

/** All results, or the first error, once all promises are settled. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

function placeOf({ node, platforms }: Job): string {
  const what = platforms.map(formatPlatform).join(", ");
  return `it failed on node ${node.name}${what && `, which builds ${what}`}`;
}
