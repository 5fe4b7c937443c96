import { diskUsage } from "../buildkit/cache.ts";
import type { UsageRecord } from "../proto/gen/control.ts";
import { showRows } from "../cli/show_rows.ts";
import { defineCommand } from "../cli/command.ts";
import { statusLimit } from "../cli/connect_timeout.ts";
import { statusTimeout } from "../cli/flags/common.ts";
import { cacheFilter, parseFilters } from "./du/cache_filter.ts";
import { type Format, parseFormat } from "../cli/format.ts";
import { goJsonValue } from "../base/go/json.ts";
import { reachNodes } from "../cli/builders/reached_nodes.ts";
import { nilIfEmpty } from "../base/go/template/values.ts";
import { alignColumns } from "../base/go/tabwriter.ts";
import { sizeText, usageTexts } from "./du/usage_record.ts";
import { UsageError } from "../base/usage_error.ts";

const table = "table {{.ID}}\t{{.Reclaimable}}\t{{.Size}}\t{{.LastUsedAt}}";

const pretty = `ID:           {{.ID}}
{{- if .Parents}}
Parents:
{{- range .Parents}}
 - {{.}}
{{- end}}
{{- end}}
Created at:   {{.CreatedAt}}
Mutable:      {{.Mutable}}
Reclaimable:  {{.Reclaimable}}
Shared:       {{.Shared}}
Size:         {{.Size}}
{{- if .Description}}
Description:  {{.Description}}
{{- end}}
Usage count:  {{.UsageCount}}
{{- if .LastUsedAt}}
Last used:    {{.LastUsedAt}}
{{- end}}
{{- if .Type}}
Type:         {{.Type}}
{{- end}}
`;

const headers = {
  ID: "ID",
  Parents: "PARENTS",
  CreatedAt: "CREATED AT",
  Mutable: "MUTABLE",
  Reclaimable: "RECLAIMABLE",
  Shared: "SHARED",
  Size: "SIZE",
  Description: "DESCRIPTION",
  UsageCount: "USAGE COUNT",
  LastUsedAt: "LAST ACCESSED",
  Type: "TYPE",
};

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  flags: {
    filter: { kind: "array", summary: "Provide filter values", valueName: "filter" },
    format: { kind: "string", summary: "Format the output" },
    verbose: { kind: "bool", summary: 'Shorthand for "--format=pretty"' },
    ...statusTimeout,
  },
  async run({ deps, flags, given, global }) {
    if (flags.format && flags.verbose) {
      throw new UsageError("--format and --verbose cannot be used together");
    }
    const name = flags.format || (flags.verbose ? "pretty" : "table");
    const format = parseFormat(name === "pretty" ? pretty : name, table, headers);
    const filters = parseFilters(flags.filter);
    const { filter } = cacheFilter(filters);
    await using nodes = await reachNodes(deps, global, statusLimit(flags, given, global));
    const usages = await nodes.each(
      deps.signal,
      ({ client }) => diskUsage(client, [filter], { signal: deps.signal }),
    );
    if (usages.length > 0) {
      const records = usages.flat();
      const now = deps.clock.now();
      await showRows(deps, format, records.map((record) => rowOf(record, format, now)));
      const isBuiltIn = name === "pretty" || name === "table" || name === table;
      if (isBuiltIn && filters.size === 0) deps.stdout.write(summary(records));
    }
    nodes.check();
  },
});

/** The value that `--format` gets. */
function rowOf(record: UsageRecord, { isTable }: Format, now: number): object {
  const { size, createdAt, lastUsed } = usageTexts(record, now);
  const row = {
    CreatedAt: createdAt,
    Description: record.Description,
    ID: record.ID + (isTable && record.Mutable ? "*" : ""),
    LastUsedAt: lastUsed,
    Mutable: record.Mutable,
    Parents: nilIfEmpty(record.Parents),
    Reclaimable: !record.InUse,
    Shared: record.Shared,
    Size: size + (isTable && record.Shared ? "*" : ""),
    Type: record.RecordType,
    UsageCount: Number(record.UsageCount),
  };
  return { ...row, toJSON: () => goJsonValue(row) };
}

/** The totals of all nodes. */
export function summary(records: readonly UsageRecord[]): string {
  let [total, reclaimable, shared] = [0n, 0n, 0n];
  for (const { Size, InUse, Shared } of records) {
    if (Size > 0n) total += Size;
    if (Size > 0n && !InUse) reclaimable += Size;
    if (Shared) shared += Size;
  }
  const lines = [
    ...shared > 0n ? [`Shared:\t${sizeText(shared)}`, `Private:\t${sizeText(total - shared)}`] : [],
    `Reclaimable:\t${sizeText(reclaimable)}`,
    `Total:\t${sizeText(total)}`,
    "",
  ];
  return alignColumns(lines.join("\n"), { padding: 1, minimum: 1, tabs: 8 });
}
