/**
 * Aligns text in columns as Go's text/tabwriter does. A tab ends a cell. A column is a run of
 * lines that have a cell there, so a line without tabs ends all columns. The text after a line's
 * last tab belongs to no column.
 *
 * @param padding spaces between the widest cell of a column and the next
 * @param minimum the smallest width of a column, padding included
 * @param tabs the width of a tab if columns are padded with tabs; columns then begin at tab stops
 */
export function alignColumns(
  text: string,
  { padding, minimum, tabs }: { padding: number; minimum: number; tabs?: number },
): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const out = lines.map(() => "");
  align(0, lines.length, 0);
  return out.map((start, i) => start + lines[i]!.at(-1)!).join("\n");

  function filler(width: number, taken: number): string {
    if (tabs === undefined) return " ".repeat(width - taken);
    return "\t".repeat(Math.ceil((Math.ceil(width / tabs) * tabs - taken) / tabs));
  }

  function align(from: number, to: number, column: number) {
    const hasCell = (line: number) => column < lines[line]!.length - 1;
    for (let start = from; start < to; start++) {
      if (!hasCell(start)) continue;
      let end = start;
      while (end < to && hasCell(end)) end++;
      const cells = lines.slice(start, end).map((line) => line[column]!);
      const width = Math.max(minimum, ...cells.map((cell) => widthOf(cell) + padding));
      cells.forEach((cell, i) => {
        out[start + i] += cell + filler(width, widthOf(cell));
      });
      align(start, end, column + 1);
      start = end;
    }
  }
}

function widthOf(text: string): number {
  return [...text].length;
}
