/** Jobs on a builder with several nodes. */
import type { Builder } from "../../builders/builder.ts";
import { placePlatforms } from "../../builders/placement.ts";
import { formatPlatform } from "../../builders/platforms.ts";
import { platformOf } from "../../builders/status.ts";
import { newId } from "../../buildkit/identity.ts";
import type { BuildOptions, Typed } from "../../buildkit/solve_request.ts";
import { parseBool } from "../flags/value.ts";
import { UsageError } from "../usage_error.ts";
import type { Job } from "./job.ts";
import type { NodeClients } from "./node_clients.ts";
import type { PreparedBuild } from "./prepare.ts";

/**
 * Gives each target's platforms to the nodes. Throws `BuilderError` for a node that is needed and not
 * there, `UsageError` for an output that can't be put together from several nodes.
 */
export async function splitJobs(
  nodes: NodeClients,
  builds: ReadonlyMap<string, PreparedBuild>,
  builder: Builder,
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
  const jobs = await Promise.all([...builds].map(async ([target, build]) => {
    const ref = newId();
    const shares = await placePlatforms(builder, build.platforms, listed);
    return shares.map((share): Job => {
      const platforms = share.platforms.map(formatPlatform);
      const options = shares.length > 1
        ? partOf({ ...build.options, platforms })
        : { ...build.options, platforms };
      return { ...share, target, build, ref, options };
    });
  }));
  return jobs.flat();
}

/** One node's part of a build. The result is an index on each node, also of a single platform. */
function partOf(options: BuildOptions): BuildOptions {
  return {
    ...options,
    attrs: { ...options.attrs, "multi-platform": "true" },
    exporters: options.exporters.map(partOfOutput),
  };
}

function partOfOutput(output: Typed): Typed {
  const { type, attrs } = output;
  if (["oci", "tar", "docker"].includes(type)) {
    throw new UsageError(
      `${type} for multi-node builds currently not supported`,
      "push the image, or build each node's platforms by themselves",
    );
  }
  if (type === "image" && parseBool(attrs["push"] ?? "false")) {
    throw new UsageError("cannot push from several nodes at once yet");
  }
  return output;
}
