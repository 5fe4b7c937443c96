import type { Deps } from "./deps.ts";
import type { Format } from "./format.ts";

/** Writes rows. A table fits the width of a terminal there, and its states have colours. */
export async function showRows(
  { stdout, env }: Pick<Deps, "stdout" | "env">,
  format: Format,
  rows: Iterable<unknown>,
): Promise<void> {
  const text = format.render(rows);
  const columns = format.isTable ? stdout.size()?.columns : undefined;
  if (columns === undefined) return stdout.write(text);
  const { fitTable } = await import("./terminal_table.ts");
  const { palette } = await import("./colors.ts");
  stdout.write(fitTable(text, columns, palette(stdout, env)));
}
