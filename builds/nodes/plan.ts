/** `--plan`: the node of each platform, and the reason. */
import type { Reason } from "../../builders/placement.ts";
import { formatPlatform } from "../../builders/platforms.ts";
import { type Registry, shownEndpoint } from "../../transports/registry.ts";
import { goJson } from "../../base/go/json.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import { UsageError } from "../../base/usage_error.ts";
import { textWidth } from "../../base/width.ts";
import type { Deps } from "../../cli/deps.ts";
import { showTable } from "../../cli/show_rows.ts";
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

/** Writes the plan as a table, which fits a terminal, or as JSON for programs. */
export async function showPlan(
  deps: Pick<Deps, "stdout" | "env" | "registry">,
  jobs: readonly Job[],
  format: string,
): Promise<void> {
  const { stdout, registry } = deps;
  if (format === "json") return stdout.write(planJson(jobs, registry));
  const table = planTable(jobs, registry);
  const columns = stdout.size()?.columns ?? Infinity;
  const isWide = table.split("\n").some((line) => textWidth(line) >= columns);
  await showTable(deps, isWide ? longPlan(jobs, registry) : table);
  stdout.write(joined(jobs));
}

function planJson(jobs: readonly Job[], registry: Registry): string {
  const plan = jobs.map((job) => ({
    target: job.target,
    node: job.node.name,
    endpoint: shownEndpoint(registry, job.node.endpoint),
    platforms: job.platforms.map((platform, at) => ({
      platform: formatPlatform(platform),
      reason: job.reasons[at],
    })),
  }));
  return `${goJson(plan, 2)}\n`;
}

function planTable(jobs: readonly Job[], registry: Registry): string {
  return tableOf(jobs, ["NODE", "ENDPOINT", "PLATFORMS"], (job) => {
    const platforms = job.platforms
      .map((platform, at) => `${formatPlatform(platform)} (${because[job.reasons[at]!]})`);
    const endpoint = shownEndpoint(registry, job.node.endpoint);
    return [[job.node.name, endpoint, platforms.join(", ") || "its own"]];
  });
}

/** A row for each platform, for terminals that are too narrow for all platforms of a node. */
function longPlan(jobs: readonly Job[], registry: Registry): string {
  return tableOf(jobs, ["NODE", "PLATFORM", "REASON", "ENDPOINT"], (job) => {
    const endpoint = shownEndpoint(registry, job.node.endpoint);
    const rows = job.platforms.map((platform, at) => [
      ...[job.node.name, formatPlatform(platform)],
      ...[because[job.reasons[at]!], endpoint],
    ]);
    return rows.length > 0 ? rows : [[job.node.name, "its own", "", endpoint]];
  });
}

function tableOf(
  jobs: readonly Job[],
  head: readonly string[],
  rowsOf: (job: Job) => string[][],
): string {
  const several = new Set(jobs.map(({ target }) => target)).size > 1;
  const rows = jobs.flatMap((job) =>
    rowsOf(job).map((row) => [...several ? [job.target] : [], ...row])
  );
  const table = [[...several ? ["TARGET"] : [], ...head], ...rows];
  const text = table.map((row) => `${row.join("\t")}\n`).join("");
  return alignColumns(text, { padding: 3, minimum: 0 });
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
