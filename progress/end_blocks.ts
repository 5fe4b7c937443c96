import type { VertexWarning } from "../proto/gen/control.ts";
import { trimTail } from "./log_tail.ts";
import { sourceExcerpt } from "./source_excerpt.ts";
import { isFailed, type State } from "./state.ts";
import { printable } from "../base/width.ts";
import type { View } from "./tty_frame.ts";
import { failedLine } from "./tty_rows.ts";

/**
 * The name and the last output of each failed vertex. A terminal showed only a few rows of it, and
 * in a log it is far above. On a terminal, control characters in names become spaces.
 */
export function failedBlocks(state: State, isTerminal = false): string {
  let text = "";
  for (const vertex of state.started) {
    if (!isFailed(vertex)) continue;
    text += `------\n > ${isTerminal ? printable(vertex.name) : vertex.name}:\n`;
    trimTail(vertex.tail, state.keep.tail);
    const { lines, dropped } = vertex.tail;
    // A terminal shows ten lines by default, so only a longer block needs this note.
    if (dropped > 0 && lines.length > 10) {
      text += droppedText(dropped);
    }
    for (const line of lines) text += `${line}\n`;
    text += "------\n";
  }
  return text;
}

/**
 * The failed steps and their last output, which end a terminal's screen. The steps' lines have no
 * other place there, so their commands are printed once. Rows of a lone row of dashes mark the
 * output's ends.
 */
export function failedSteps(state: State, view: Pick<View, "columns" | "colors">): string {
  let text = "";
  for (const vertex of state.started.filter(isFailed)) {
    text += `${failedLine(vertex, view)}\n`;
    trimTail(vertex.tail, state.keep.tail);
    const { lines, dropped } = vertex.tail;
    if (lines.length === 0) continue;
    text += "------\n";
    if (dropped > 0) text += droppedText(dropped);
    text += `${lines.join("\n")}\n------\n`;
  }
  return text;
}

/** The heading on a terminal. */
export function terminalHeading(paint: (text: string) => string) {
  return (count: string, isExpanded: boolean) =>
    `${paint(`${count}${isExpanded ? "" : " (use --debug to expand)"}:`)}\n`;
}

/** buildx's own heading, for scripts that match on it: yellow without a terminal, too. */
export function buildxHeading(noColor: boolean) {
  return (count: string, isExpanded: boolean) => {
    const text = `${count}${isExpanded ? "" : " (use docker --debug to expand)"}:\n`;
    return noColor ? text : `\x1b[33m${text}\x1b[0m`;
  };
}

function droppedText(dropped: number): string {
  return `... ${dropped} earlier lines left out (--progress=plain shows all)\n`;
}

/**
 * The block of warnings after a build. `expand`: with their explanation, link and source lines.
 * `heading` colours the first line, and names the flag that expands. @see buildxHeading
 */
export function warningsBlock(
  warnings: readonly VertexWarning[],
  options: { expand: boolean; heading: (count: string, isExpanded: boolean) => string },
): string {
  if (warnings.length === 0) return "";
  const decoder = new TextDecoder();
  const count = warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`;
  let text = `\n ${options.heading(`${count} found`, options.expand)}`;
  for (const { short, detail, url, info, ranges } of warnings) {
    text += ` - ${decoder.decode(short)}\n`;
    if (!options.expand) continue;
    for (const line of detail) text += `${decoder.decode(line)}\n`;
    if (url) text += `More info: ${url}\n`;
    if (info) text += sourceExcerpt({ filename: info.filename, data: info.data, ranges });
    text += "\n";
  }
  return text;
}
