import { listJson, listRows, parseList } from "../../bake/definition/list.ts";
import type { Definition } from "../../bake/options.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import type { Deps } from "../../cli/deps.ts";
import { showTable } from "../../cli/show_rows.ts";

/** Writes `--list`: a table, or JSON. Throws `BakeError` for an unknown kind. */
export async function showList(
  deps: Pick<Deps, "stdout" | "env">,
  definition: Definition,
  list: string,
): Promise<void> {
  const { type, format } = parseList(list);
  if (format === "json") return deps.stdout.write(listJson(definition, type));
  const lines = listRows(definition, type).map((cells) => cells.join("\t")).join("\n");
  if (deps.stdout.isTerminal) {
    await showTable(deps, `${alignColumns(lines, { padding: 3, minimum: 0 })}\n`);
  } else deps.stdout.write(`${alignColumns(lines, { padding: 1, minimum: 1, tabs: 8 })}\n`);
}
