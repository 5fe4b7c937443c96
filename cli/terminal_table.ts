import { cutToWidth, textWidth } from "../base/width.ts";
import type { Palette } from "./colors.ts";

/** The fewest columns that a cell is cut to. */
const LEAST = 8;
/** Between two columns of a table that is cut. */
const GAP = "  ";

const GOOD = new Set(["running", "Completed", "ok"]);
const BAD = new Set(["error", "Error", "failed"]);
const STATES = /^STATUS$/;
/** Cells that are copied or typed again are cut last. */
const KEPT = /^(?:BUILD ID|ID|NAME\/NODE|STATUS|SCHEME)$/;

/**
 * Cuts the widest cells of an aligned table until its rows fit, and paints the column `STATUS`.
 * @param text rows whose first is the head; at least three spaces separate its words
 */
export function fitTable(text: string, columns: number, colors: Palette): string {
  const lines = text.split("\n");
  const [head = ""] = lines;
  const starts = [...head.matchAll(/\S+(?: \S+)*/g)].map(({ index }) => index);
  if (starts.length === 0) return text;
  const titles = starts.map((start, at) => head.slice(start, starts[at + 1]).trimEnd());
  const fits = (line: string) => textWidth(line.replace(LINK, "").trimEnd()) < columns;
  const isWide = !lines.every(fits);
  // A link is a convenience that a narrow table has no room for.
  const rows = (isWide ? lines.map((line) => line.replace(LINK, "")) : lines)
    .map((line) => cellsOf(line, starts));
  const widths = titles.map((_, at) => Math.max(...rows.map((row) => textWidth(row[at] ?? ""))));
  if (isWide) shrink(widths, titles, columns - 1);
  return rows.map((row, index) => {
    if (lines[index] === "") return "";
    return row.map((cell, at) => {
      const isLast = at === row.length - 1;
      const width = isWide ? widths[at]! : (starts[at + 1] ?? 0) - starts[at]!;
      const shown = isWide ? cut(cell, widths[at]!) : cell;
      const pad = isLast ? "" : " ".repeat(Math.max(0, width - textWidth(shown)));
      const isState = index > 0 && STATES.test(titles[at]!);
      return (isState ? painted(shown, colors) : shown) + pad;
    }).join(isWide ? GAP : "").trimEnd();
  }).join("\n");
}

// deno-lint-ignore no-control-regex -- a link has control characters
const LINK = /\s*\x1b\]8;.*$/;

/** The texts of a line below the words of the head. Columns count characters, as the table did. */
function cellsOf(line: string, starts: readonly number[]): string[] {
  const characters = [...line];
  return starts.map((start, at) => characters.slice(start, starts[at + 1]).join("").trimEnd());
}

function shrink(widths: number[], titles: readonly string[], columns: number): void {
  const total = () => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  for (const isKept of [false, true]) {
    while (total() > columns) {
      const cuttable = widths.map((width, at) => KEPT.test(titles[at]!) === isKept ? width : 0);
      const widest = Math.max(...cuttable);
      if (widest <= LEAST) break;
      widths[cuttable.indexOf(widest)]!--;
    }
  }
}

function cut(cell: string, width: number): string {
  return textWidth(cell) <= width ? cell : `${cutToWidth(cell, width - 1)}…`;
}

function painted(state: string, colors: Palette): string {
  if (state === "") return state;
  if (GOOD.has(state)) return colors.good(state);
  return (BAD.has(state) ? colors.bad : colors.warning)(state);
}
