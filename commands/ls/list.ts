import type { Builder } from "../../builders/builder.ts";
import { formatInGroups } from "../../builders/platforms.ts";
import { askBuilders, type BuilderStatus, type NodeStatus } from "../../builders/status.ts";
import { DialError } from "../../transports/errors.ts";
import {
  activityText,
  builderJson,
  engineFailure,
  isDown,
  reasonOf,
  sortKeys,
} from "../../cli/builders/builder_json.ts";
import type { Ahead } from "../../cli/builders/ahead.ts";
import { statusLimit } from "../../cli/connect_timeout.ts";
import type { Invocation } from "../../cli/command.ts";
import type { Format } from "../../cli/format.ts";
import { plainTable } from "../../cli/plain_table.ts";
import { showRows } from "../../cli/show_rows.ts";
import type { AllBuilders } from "./choose_all.ts";
import type { lsFlags } from "./flags.ts";
import { summarizePlatforms } from "./platform_summary.ts";
import { askOptions, failureLines } from "../../cli/builders/status_report.ts";

const columns = {
  Name: "NAME/NODE",
  DriverEndpoint: "DRIVER/ENDPOINT",
  Status: "STATUS",
  Buildkit: "BUILDKIT",
  Platforms: "PLATFORMS",
};

/** After this many milliseconds, a silent node is shown with the step that it hangs in. */
const patience = 3000;

/** Runs `ls`. */
export async function listBuilders(
  { deps, flags, given, global }: Invocation<typeof lsFlags>,
  ahead: Ahead<AllBuilders>,
): Promise<void> {
  const isPlain = flags.format === "table";
  const format = isPlain ? plainTable(columns) : await templated(flags.format);
  const { builders, current } = ahead.take(deps);
  const explicit = given.has("timeout") || given.has("connect-timeout");
  const statuses = await askBuilders(builders, {
    ...askOptions(deps, global),
    timeout: explicit ? statusLimit(flags, given, global) : patience,
    showStep: !explicit,
  });
  // As in buildx, builders whose engine is lost come last.
  const isLost = (status: BuilderStatus) => Number(engineFailure(status) !== undefined);
  statuses.sort((a, b) => isLost(a) - isLost(b));
  const rows = statuses.flatMap((status) =>
    rowsOf(status, {
      current: status.builder.name === current,
      format,
      isPlain,
      trunc: !flags["no-trunc"],
    })
  );
  await showRows(deps, format, rows);
  if (format.isTable) {
    const failures = statuses.filter((status) => isReported(status, current))
      .flatMap((status) => failureLines(status, deps.plugin));
    if (failures.length > 0) deps.stderr.write(`\n${failures.join("\n")}\n`);
  }
}

async function templated(text: string): Promise<Format> {
  const { parseFormat } = await import("../../cli/format.ts");
  const table = Object.keys(columns).map((field) => `{{.${field}}}`).join("\t");
  return parseFormat(text, `table ${table}`, { ...columns, LastActivity: "LAST ACTIVITY" });
}

/**
 * Docker's context `default` exists even without docker; its failure is reported only if it is in
 * use.
 */
function isReported({ builder, nodes }: BuilderStatus, current: string | undefined): boolean {
  if (builder.origin !== "docker context" || builder.name === current) return true;
  return !nodes.every(({ error }) => error instanceof DialError && error.code === "not-found");
}

interface RowOptions {
  readonly current: boolean;
  readonly format: Format;
  /** The output is the plain table, which needs no more than the columns. */
  readonly isPlain: boolean;
  readonly trunc: boolean;
}

/**
 * The values that `--format` gets: a row for the builder and, except for `json`, one for each node.
 */
function rowsOf(status: BuilderStatus, options: RowOptions): object[] {
  const reason = engineFailure(status);
  const row = builderRow(status.builder, options);
  const rows = reason === undefined
    ? [row, ...status.nodes.map((node) => nodeRow(node, status.builder, options))]
    : [Object.assign(row, { DriverEndpoint: "", Status: "error", Error: reason })];
  if (options.isPlain) return rows;
  const json = builderJson(status);
  const shared = {
    Builder: { ...json, Current: options.current, toJSON: () => json },
    toJSON: () => sortKeys({ ...json, Current: options.current }),
  };
  return (options.format.isJson ? rows.slice(0, 1) : rows).map((row) => ({ ...row, ...shared }));
}

function builderRow(builder: Builder, { current, format }: RowOptions) {
  return {
    Name: builder.name + (current && format.isTable ? "*" : ""),
    DriverEndpoint: builder.driver,
    get LastActivity() {
      return activityText(builder);
    },
    Status: "",
    Buildkit: "",
    Platforms: "",
    Error: "",
  };
}

function nodeRow(status: NodeStatus, builder: Builder, { format, trunc }: RowOptions) {
  const { node, endpoint, version, platforms } = status;
  const indent = format.isTable ? " \\_ " : "";
  const texts = formatInGroups(node.platforms ?? [], platforms);
  return {
    Name: indent + node.name,
    DriverEndpoint: indent + endpoint,
    LastActivity: "",
    Status: status.status,
    Buildkit: version,
    Platforms: trunc && format.isTable ? summarizePlatforms(texts) : texts.join(", "),
    Error: isDown(status, builder) ? "" : reasonOf(status),
  };
}
