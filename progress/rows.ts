/**
 * Chooses the rows that a terminal has room for. A build may have hundreds of vertexes, and a
 * terminal 24 rows. Running and failed steps come first, then the parts of running ones, then their
 * output. The latest finished steps fill the rest, and the output of finished steps comes last. The
 * shown rows keep their order.
 */
export type Row =
  | { readonly rank: "running" | "failed" | "part" | "done"; readonly text: () => string }
  /** The end of a running step's output: as many rows as there is room for, the last ones. */
  | { readonly rank: "log"; readonly lines: () => readonly string[] }
  /** Output of a step that has ended; it keeps the rows below in their place. */
  | { readonly rank: "kept"; readonly lines: () => readonly string[] };

/** @param room the largest number of lines to return. */
export function chooseRows(rows: readonly Row[], room: number): string[] {
  if (room < 1) return [];
  const chosen: (readonly string[] | undefined)[] = new Array(rows.length);
  let left = room;

  function choose(ranks: readonly Row["rank"][]): void {
    for (let i = rows.length - 1; i >= 0 && left > 0; i--) {
      const row = rows[i];
      if (!row || !ranks.includes(row.rank)) continue;
      const lines = "lines" in row ? row.lines() : [row.text()];
      const kept = lines.slice(-left);
      chosen[i] = kept;
      left -= kept.length;
    }
  }

  const urgent = rows.filter(({ rank }) => rank === "running" || rank === "failed").length;
  // One line counts the rows that there is no room for.
  if (urgent > room) left--;
  choose(["running", "failed"]);
  const more = urgent > room ? [` => ... and ${urgent - room + 1} more`] : [];
  choose(["part"]);
  choose(["log"]);
  choose(["done"]);
  choose(["kept"]);
  return [...more, ...chosen.flatMap((lines) => lines ?? [])];
}
