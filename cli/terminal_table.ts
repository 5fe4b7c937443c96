import { cutToWidth, textWidth } from "../base/width.ts";
import type { Palette } from "./colors.ts";

/** The fewest columns that a cell is cut to. */
const LEAST = 12;
/** Between two columns of a table that is cut. */
const GAP = "  ";

const GOOD = new Set(["running", "Completed", "ok"]);
const BAD = new Set(["error", "Error", "failed"]);
const STATES = /^STATUS$/;
/** The fewest columns of a builder's name: it is cut in the middle, because its end differs. */
const LEAST_NAME = 20;
const NAMES = "NAME/NODE";

/** Cells that are copied or typed again, and those that say nothing when cut, are cut last. */
const KEPT =
  /^(?:BUILD ID|ID|TARGET|VARIABLE|NODE|PLATFORM|FILE|NAME\/NODE|STATUS|SCHEME|SIZE|BUILDKIT|VERSION|LAST ACCESSED|CREATED AT|RECLAIMABLE|DURATION)$/;
/** The columns that a narrow table leaves out, the least important first. */
const DROPPED = [
  "ENDPOINT",
  "REASON",
  "DESCRIPTION",
  "TYPE",
  "VALUE",
  "PLATFORMS",
  "BUILDKIT",
  "VERSION",
  "LAST ACCESSED",
  "CREATED AT",
  "RECLAIMABLE",
  "DURATION",
  "SUMMARY",
  "PATH",
  "DRIVER/ENDPOINT",
  "NAME",
  "STATUS",
  "SIZE",
  "TARGET",
  "NODE",
];

/**
 * Cuts the widest cells of an aligned table until its rows fit, and paints the column `STATUS`.
 * Columns for which no room remains are left out.
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
  const used = widths.map((_, at) => at)
    .filter((at) => !isWide || rows.some((row, index) => index > 0 && row[at] !== ""));
  const kept = isWide ? roomFor(widths, titles, { used, columns: columns - 1 }) : used;
  if (isWide) shrink(widths, titles, { columns: columns - 1, kept });
  return rows.map((row, index) => {
    if (lines[index] === "") return "";
    return kept.map((at) => {
      const cell = row[at]!;
      const isLast = at === kept.at(-1);
      const width = isWide ? widths[at]! : (starts[at + 1] ?? 0) - starts[at]!;
      const shown = isWide ? cut(cell, widths[at]!, titles[at] === NAMES) : cell;
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

/** The columns that fit, when each cell that may be cut is cut to its least width. */
function roomFor(
  widths: readonly number[],
  titles: readonly string[],
  { used, columns }: { used: readonly number[]; columns: number },
): readonly number[] {
  let kept = used;
  const least = (at: number) =>
    titles[at] === NAMES
      ? Math.min(widths[at]!, LEAST_NAME)
      : KEPT.test(titles[at]!)
      ? widths[at]!
      : Math.min(widths[at]!, LEAST);

  for (const title of DROPPED) {
    if (totalOf(kept.map(least)) <= columns || kept.length === 1) break;
    kept = kept.filter((at) => titles[at] !== title);
  }
  return kept;
}

function shrink(
  widths: number[],
  titles: readonly string[],
  { columns, kept }: { columns: number; kept: readonly number[] },
): void {
  for (const isKept of [false, true]) {
    while (totalOf(kept.map((at) => widths[at]!)) > columns) {
      const cuttable = kept.filter((at) => KEPT.test(titles[at]!) === isKept);
      const widest = Math.max(0, ...cuttable.map((at) => widths[at]!));
      if (widest <= LEAST) break;
      widths[cuttable.find((at) => widths[at] === widest)!]!--;
    }
  }
}

const totalOf = (widths: readonly number[]) =>
  widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);

function cut(cell: string, width: number, inMiddle: boolean): string {
  if (textWidth(cell) <= width) return cell;
  if (!inMiddle) return `${cutToWidth(cell, width - 1)}…`;
  // Names of builders are ASCII.
  const end = cell.slice(cell.length - Math.trunc(width / 3));
  return `${cutToWidth(cell, width - 1 - end.length)}…${end}`;
}

function painted(state: string, colors: Palette): string {
  if (state === "") return state;
  if (GOOD.has(state)) return colors.good(state);
  return (BAD.has(state) ? colors.bad : colors.warning)(state);
}
