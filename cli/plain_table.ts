import type { Format } from "./format.ts";
import { alignColumns } from "../base/go/tabwriter.ts";

/**
 * The `--format=table` of plain fields. The output equals that of the template language, whose code
 * is not loaded.
 *
 * @param columns the header of each column, by its field
 */
export function plainTable(columns: Readonly<Record<string, string>>): Format {
  const fields = Object.keys(columns);
  return {
    isTable: true,
    isJson: false,
    render(rows) {
      const lines = [columns, ...rows as Iterable<typeof columns>]
        .map((row) => fields.map((field) => row[field]).join("\t") + "\n");
      return alignColumns(lines.join(""), { padding: 3, minimum: 10 });
    },
  };
}
