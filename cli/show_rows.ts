import type { Deps } from "./deps.ts";
import { cutToWidth, printable } from "../base/width.ts";
import type { Format } from "./format.ts";

/** A line below a row of a table, for what no column has room for. */
export interface Detail {
  readonly text: string;
  readonly isBad: boolean;
}

/**
 * Writes rows. A table fits the width of a terminal there, and its states have colours.
 *
 * @param details a line for each row, shown on a terminal only; undefined for none
 */
export async function showRows(
  { stdout, env }: Pick<Deps, "stdout" | "env">,
  format: Format,
  rows: Iterable<unknown>,
  details: readonly (Detail | undefined)[] = [],
): Promise<void> {
  const text = format.render(rows);
  const columns = format.isTable ? stdout.size()?.columns : undefined;
  if (columns === undefined) return stdout.write(text);
  const { fitTable } = await import("./terminal_table.ts");
  const { palette } = await import("./colors.ts");
  const colors = palette(stdout, env);
  const [head = "", ...lines] = fitTable(text, columns, colors).trimEnd().split("\n");
  // A cell with a line end would move the rows.
  const isWhole = lines.length === details.length;
  const shown = lines.flatMap((line, at) => {
    const detail = isWhole ? details[at] : undefined;
    if (detail === undefined) return [line];
    const below = cutToWidth(`  ${printable(detail.text).replace(/\s+/g, " ")}`, columns - 1);
    return [line, detail.isBad ? colors.bad(below) : colors.dim(below)];
  });
  stdout.write(`${[head, ...shown].join("\n")}\n`);
}

/**
 * Writes a table whose first row is the head and whose columns stand at least three spaces apart.
 * It fits the width of a terminal there.
 */
export async function showTable(
  { stdout, env }: Pick<Deps, "stdout" | "env">,
  table: string,
): Promise<void> {
  const columns = stdout.size()?.columns;
  if (columns === undefined) return stdout.write(table);
  const { fitTable } = await import("./terminal_table.ts");
  const { palette } = await import("./colors.ts");
  stdout.write(fitTable(table, columns, palette(stdout, env)));
}
