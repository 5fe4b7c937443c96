import type { Format } from "./format.ts";
import { alignColumns } from "../base/go/tabwriter.ts";

/**
 * `--format=table` where its columns are fields as they are: the same text without the template
 * language, which then need not be loaded.
 *
 * @param columns what stands above each, by its field
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
