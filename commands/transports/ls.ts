import { showRows } from "../../cli/show_rows.ts";
import { defineCommand, type Invocation } from "../../cli/command.ts";
import type { FlagSpecs } from "../../cli/flags/spec.ts";
import { parseFormat } from "../../cli/format.ts";
import { findTransports, type Found } from "./found.ts";
import { jsonOf } from "./json.ts";

const table = "table {{.Scheme}}\t{{.Version}}\t{{.Status}}\t{{.Path}}\t{{.Summary}}";

const headers = {
  Scheme: "SCHEME",
  Kind: "KIND",
  Name: "NAME",
  Version: "VERSION",
  Vendor: "VENDOR",
  Status: "STATUS",
  Path: "PATH",
  Summary: "SUMMARY",
  Problem: "PROBLEM",
  Hint: "HINT",
};

export const listFlags = {
  format: { kind: "string", default: "table", summary: "Format the output" },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  ignoresBuilder: true,
  flags: listFlags,
  run: listTransports,
});

/** Prints the transports, and below a table the problems of broken ones. */
export async function listTransports(
  { deps, flags }: Invocation<typeof listFlags>,
): Promise<void> {
  const format = parseFormat(flags.format, table, headers);
  const found = await findTransports(deps.registry);
  await showRows(deps, format, found.map((one) => rowOf(one, format.isTable)));
  if (!format.isTable) return;
  const notes = found.filter(({ status }) => status !== "ok").flatMap(({ path, problem, hint }) => [
    `${path}: ${problem}`,
    `  hint: ${hint}`,
  ]);
  if (notes.length > 0) deps.stderr.write(`\n${notes.join("\n")}\n`);
}

function rowOf(found: Found, isTable: boolean): object {
  return {
    Scheme: found.scheme,
    Kind: found.kind,
    Name: found.name,
    Version: found.version,
    Vendor: found.vendor,
    Status: found.status,
    Path: found.path || (isTable ? found.kind : ""),
    Summary: found.summary,
    Problem: found.problem,
    Hint: found.hint,
    toJSON: () => jsonOf(found),
  };
}
