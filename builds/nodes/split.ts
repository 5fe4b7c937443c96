/** Jobs on a builder with several nodes. */
import type { Builder } from "../../builders/builder.ts";
import { placePlatforms } from "../../builders/placement.ts";
import { formatWholePlatform } from "../../builders/platforms.ts";
import { platformOf } from "../../builders/status.ts";
import { readBool } from "../../base/go/bool.ts";
import { newId } from "../../base/identity.ts";
import { parseReference, repositoryName } from "../../buildkit/registry/reference.ts";
import type { BuildOptions, Typed } from "../../buildkit/solve_request.ts";
import type { Deps } from "../../cli/deps.ts";
import { UsageError } from "../../base/usage_error.ts";
import { withErrorPrefix } from "../build_error.ts";
import type { Job } from "../running/job.ts";
import type { NodeClients } from "./node_clients.ts";
import type { PreparedBuild } from "../prepare.ts";

/**
 * Distributes each target's platforms over the nodes. Throws `BuilderError` for a node that is
 * needed and missing, and `UsageError` for an output that can't be combined from several nodes.
 * With several targets, the error is a `BuildError` with the target's name.
 */
export async function splitJobs(
  nodes: NodeClients,
  builds: ReadonlyMap<string, PreparedBuild>,
  { builder, deps }: { readonly builder: Builder; readonly deps: Deps },
): Promise<Job[]> {
  const answers = new Map<number, ReturnType<typeof ask>>();
  const ask = async (index: number) => {
    const workers = await (await nodes.at(index)).listWorkers();
    return workers.flatMap(({ platforms }) => platforms.map(platformOf));
  };
  const listed = (index: number) => {
    const answer = answers.get(index) ?? ask(index);
    answers.set(index, answer);
    return answer;
  };
  const jobsOf = async (target: string, build: PreparedBuild) => {
    const ref = newId();
    const shares = await placePlatforms(builder, build.platforms, listed);
    return shares.map((share): Job => {
      const whole = { ...build.options, platforms: share.platforms.map(formatWholePlatform) };
      const options = shares.length > 1 ? partOf(build, whole) : whole;
      return { ...share, target, build, ref, options };
    });
  };
  const jobs = await Promise.all([...builds].map(([target, build]) => {
    const work = () => jobsOf(target, build);
    return builds.size > 1 ? withErrorPrefix(`target ${target}: `, deps, work) : work();
  }));
  return jobs.flat();
}

/** One node's part of a build. The result is an index on each node, also of a single platform. */
function partOf({ outputs }: PreparedBuild, options: BuildOptions): BuildOptions {
  if (outputs.some(({ target }) => target.to === "directory" && target.mode === "delete")) {
    throw new UsageError(
      "local with mode=delete for multi-node builds is not supported",
      "each node would delete the files of the others: empty the folder before the build",
    );
  }
  const image = pushed(options.exporters);
  return {
    ...options,
    attrs: { ...options.attrs, "multi-platform": "true" },
    exporters: options.exporters.map((output) =>
      output === image ? byDigest(output) : partOfOutput(output)
    ),
  };
}

function partOfOutput(output: Typed): Typed {
  const { type } = output;
  if (["oci", "tar", "docker"].includes(type)) {
    throw new UsageError(
      `${type} for multi-node builds currently not supported`,
      "push the image, or build each node's platforms separately",
    );
  }
  return output;
}

/** The exporter that pushes an image, if there is one; buildx knows the first. */
export function pushed(exporters: readonly Typed[]): Typed | undefined {
  return exporters.find(({ type, attrs }) => type === "image" && isTrueAttr(attrs["push"]));
}

/** An exporter's switch. The daemon reports a value that is not a boolean. */
export function isTrueAttr(text = ""): boolean {
  return readBool(text) ?? false;
}

/** Each part is pushed by its digest, because the tags belong to the index of all parts. */
function byDigest(output: Typed): Typed {
  const repositories = output.attrs["name"]!.split(",").map((name) =>
    repositoryName(parseReference(name))
  );
  const name = [...new Set(repositories)].join(",");
  return { ...output, attrs: { ...output.attrs, name, "push-by-digest": "true" } };
}
