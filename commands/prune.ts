import { errorText } from "../base/error_text.ts";
import { dockerConfigDir } from "../builders/store/config_dir.ts";
import { knowsSpaceLimits, prune } from "../buildkit/cache.ts";
import type { PruneRequest, UsageRecord } from "../proto/gen/control.ts";
import type { Env } from "../transports/transport.ts";
import { defineCommand } from "../cli/command.ts";
import { confirm } from "../cli/confirm.ts";
import { statusLimit } from "../cli/connect_timeout.ts";
import { statusTimeout } from "../cli/flags/common.ts";
import { cacheFilter, parseFilters, withPruneFilters } from "./du/cache_filter.ts";
import { reachNodes } from "../cli/builders/reached_nodes.ts";
import { alignColumns } from "../base/go/tabwriter.ts";
import { sizeText, usageTexts } from "./du/usage_record.ts";
import { UsageError } from "../base/usage_error.ts";

const question = (what: string) =>
  `WARNING! This will remove all ${what}. Are you sure you want to continue?`;

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  flags: {
    all: { kind: "bool", short: "a", summary: "Include internal/frontend images" },
    filter: { kind: "array", summary: "Provide filter values", valueName: "filter" },
    force: { kind: "bool", short: "f", summary: "Do not prompt for confirmation" },
    "keep-storage": {
      kind: "bytes",
      summary: "Amount of disk space to keep for cache",
      hidden: true,
      sets: "reserved-space",
    },
    "max-used-space": {
      kind: "bytes",
      summary: "Maximum amount of disk space allowed to keep for cache",
    },
    "min-free-space": {
      kind: "bytes",
      summary: "Target amount of free disk space after pruning",
    },
    "reserved-space": {
      kind: "bytes",
      summary: "Amount of disk space always allowed to keep for cache",
    },
    verbose: { kind: "bool", summary: "Provide a more verbose output" },
    ...statusTimeout,
  },
  async run({ deps, flags, given, occurrences, global }) {
    for (const { name } of occurrences) {
      if (name !== "keep-storage") continue;
      // docker's library prints the deprecations of plugins on stdout.
      const out = deps.plugin === undefined ? deps.stderr : deps.stdout;
      out.write(
        "Flag --keep-storage has been deprecated, " +
          "keep-storage flag has been changed to reserved-space\n",
      );
    }
    const filters = withPruneFilters(parseFilters(flags.filter), configuredFilters(deps.env));
    const { filter, unusedFor } = cacheFilter(filters);
    const what = flags.all ? "build cache" : "dangling build cache";
    if (!flags.force && !await confirm(deps, question(what))) return;

    const request: PruneRequest = {
      filter: [filter],
      all: flags.all,
      keepDuration: unusedFor,
      reservedSpace: BigInt(flags["reserved-space"]),
      maxUsedSpace: BigInt(flags["max-used-space"]),
      minFreeSpace: BigInt(flags["min-free-space"]),
    };
    const columns = deps.stdout.size()?.columns;
    const print = !flags.verbose && columns !== undefined && columns < NARROW
      ? await narrowPrinter(columns, deps.clock.now)
      : printer(flags.verbose, deps.clock.now);
    const options = { signal: deps.signal };
    let total = 0n;
    await using nodes = await reachNodes(deps, global, statusLimit(flags, given, global));
    const done = await nodes.each(deps.signal, async ({ client }) => {
      if (request.maxUsedSpace > 0n || request.minFreeSpace > 0n) {
        if (!await knowsSpaceLimits(client, options)) throw new OldDaemonError();
      }
      await prune(client, request, (record) => {
        total += record.Size;
        deps.stdout.write(print(record));
      }, options);
    });
    if (done.length > 0) deps.stdout.write(`Total:\t${sizeText(total)}\n`);
    nodes.check();
  },
});

/** An old daemon would ignore the limits and remove everything. */
class OldDaemonError extends Error {
  override readonly name = "OldDaemonError";
  readonly hint = "update the daemon, or leave --max-used-space and --min-free-space out";
  constructor() {
    super("buildkit v0.17.0+ is required for max-used-space and min-free-space filters");
  }
}

/** `pruneFilters` of docker's config.json. Throws `UsageError`: to guess would remove too much. */
function configuredFilters(env: Env): readonly string[] {
  const dir = dockerConfigDir(env);
  if (dir === undefined) return [];
  const path = `${dir}/config.json`;
  let config: unknown;
  try {
    config = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    const reason = errorText(error);
    throw new UsageError(
      `cannot read ${path}: ${reason}`,
      "it may contain pruneFilters, which limit what is removed",
    );
  }
  const filters = (config as { pruneFilters?: unknown } | null)?.pruneFilters ?? [];
  if (Array.isArray(filters) && filters.every((text) => typeof text === "string")) return filters;
  throw new UsageError(`cannot read ${path}: pruneFilters is not a list of strings`);
}

/**
 * Prints each record when it is removed. Every row is aligned by itself, the first with the
 * headers. In buildx the columns differ between rows, too; scripts split them at white space.
 */
function printer(verbose: boolean, now: () => number): (record: UsageRecord) => string {
  const tabs = { padding: 1, minimum: 1, tabs: 8 };
  if (verbose) return (record) => alignColumns(verboseLines(record, now()), tabs);
  let header = HEADER;
  return (record) => {
    const lines = `${header}${cellsOf(record, { idWidth: 40, now: now() }).join("\t")}\n`;
    header = "";
    return alignColumns(lines, tabs);
  };
}

const HEADER = "ID\tRECLAIMABLE\tSIZE\tLAST ACCESSED\n";
/** With fewer columns, buildx's rows don't fit a terminal. */
const NARROW = 80;

/** Prints each record in a row that fits the terminal: it leaves out columns. */
async function narrowPrinter(
  columns: number,
  now: () => number,
): Promise<(record: UsageRecord) => string> {
  const { fitTable } = await import("../cli/terminal_table.ts");
  const { palette } = await import("../cli/colors.ts");
  const colors = palette({ isTerminal: false }, () => undefined);
  let isFirst = true;
  return (record) => {
    const cells = cellsOf(record, { idWidth: 26, now: now() });
    const text = alignColumns(`${HEADER}${cells.join("\t")}\n`, { padding: 3, minimum: 10 });
    const [head = "", row = ""] = fitTable(text, columns, colors).split("\n");
    const shown = isFirst ? `${head}\n${row}\n` : `${row}\n`;
    isFirst = false;
    return shown;
  };
}

function cellsOf(record: UsageRecord, { idWidth, now }: { idWidth: number; now: number }) {
  const { size, lastUsed } = usageTexts(record, now);
  return [
    (record.ID + (record.Mutable ? "*" : "")).padEnd(idWidth),
    String(!record.InUse).padEnd(5),
    (size + (record.Shared ? "*" : "")).padEnd(10),
    lastUsed,
  ];
}

function verboseLines(record: UsageRecord, now: number): string {
  const { size, createdAt, lastUsed } = usageTexts(record, now);
  const pairs: [string, unknown][] = [
    ["ID", record.ID],
    ["Parent", record.Parents.join(",")],
    ["Created at", createdAt],
    ["Mutable", record.Mutable],
    ["Reclaimable", !record.InUse],
    ["Shared", record.Shared],
    ["Size", size],
    ["Description", record.Description],
    ["Usage count", record.UsageCount],
    ["Last used", lastUsed],
    ["Type", record.RecordType],
  ];
  return pairs.filter(([, value]) => value !== "")
    .map(([key, value]) => `${key}:\t${value}\n`).join("") + "\n";
}
