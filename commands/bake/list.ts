import { listJson, listRows, parseList } from "../../bake/definition/list.ts";
import type { Definition } from "../../bake/options.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";

/** The text of `--list`: a table, or JSON. Throws `BakeError` for an unknown kind. */
export function listText(definition: Definition, list: string): string {
  const { type, format } = parseList(list);
  if (format === "json") return listJson(definition, type);
  const lines = listRows(definition, type).map((cells) => cells.join("\t"));
  return `${alignColumns(lines.join("\n"), { padding: 1, minimum: 1, tabs: 8 })}\n`;
}
