/** `--plan`: the node of each platform, and the reason. */
import type { Reason } from "../../builders/placement.ts";
import { formatPlatform } from "../../builders/platforms.ts";
import { type Registry, shownEndpoint } from "../../transports/registry.ts";
import { goJson } from "../../base/go/json.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Job } from "../running/job.ts";
import { pushed } from "./split.ts";

const formats = ["text", "json"];

/** Throws `UsageError` for an unknown format. */
export function checkPlanFormat(format: string): void {
  if (formats.includes(format)) return;
  throw new UsageError(
    `invalid plan format ${JSON.stringify(format)}`,
    "use --plan or --plan=json",
  );
}

const because: Readonly<Record<Reason, string>> = {
  fixed: "fixed",
  listed: "listed by its workers",
  related: "compatible with its workers",
  first: "no node lists it: the first node cross-builds it",
  only: "the only node",
};

/** The plan as a table, or as JSON for programs. */
export function planText(jobs: readonly Job[], format: string, registry: Registry): string {
  const endpointOf = ({ node }: Job) => shownEndpoint(registry, node.endpoint);
  if (format === "json") {
    return goJson(
      jobs.map((job) => ({
        target: job.target,
        node: job.node.name,
        endpoint: endpointOf(job),
        platforms: job.platforms.map((platform, at) => ({
          platform: formatPlatform(platform),
          reason: job.reasons[at],
        })),
      })),
      2,
    ) + "\n";
  }
  const several = new Set(jobs.map(({ target }) => target)).size > 1;
  const rows = jobs.map((job) => [
    ...several ? [job.target] : [],
    job.node.name,
    endpointOf(job),
    job.platforms.map((platform, at) =>
      `${formatPlatform(platform)} (${because[job.reasons[at]!]})`
    )
      .join(", ") || "its own",
  ]);
  const head = [...several ? ["TARGET"] : [], "NODE", "ENDPOINT", "PLATFORMS"];
  const table = [head, ...rows].map((row) => `${row.join("\t")}\n`).join("");
  return alignColumns(table, { padding: 3, minimum: 0 }) + joined(jobs);
}

/** A line for each image that several nodes build. */
function joined(jobs: readonly Job[]): string {
  const lines = [...Map.groupBy(jobs, ({ target }) => target).values()].flatMap((parts) => {
    const image = pushed(parts[0]!.build.options.exporters);
    if (parts.length < 2 || image === undefined) return [];
    return [
      `Each node pushes its part by digest; their index is pushed as ${image.attrs["name"]}\n`,
    ];
  });
  return lines.join("");
}
