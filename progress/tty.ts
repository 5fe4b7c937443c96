import { every } from "../base/async.ts";
import {
  beginFrame,
  clearBelow,
  clearRest,
  clearRow,
  cursorUp,
  cutLines,
  endFrame,
  hideCursor,
  type Painted,
  rowStart,
  showCursor,
  wrapLines,
} from "../cli/cursor.ts";
import type { Outcome, Output, Renderer } from "./renderer.ts";
import type { State } from "./state.ts";
import { frame, type View } from "./tty_frame.ts";
import { textWidth } from "../base/width.ts";

export interface DisplayOptions extends Pick<View, "colors" | "logRows" | "label"> {
  readonly out: Output;
  readonly size: () => { columns: number; rows: number };
  readonly now: () => number;
  /** Milliseconds between frames. */
  readonly rate: number;
}

/**
 * Paints frames over each other, each in one write: up to where the last one began, every line and
 * the rest of its row, then whatever the last frame had below. Nothing is cleared before it is
 * written anew (but after a resize), so nothing flickers.
 */
export function ttyRenderer(state: State, options: DisplayOptions): Renderer {
  const { out, now, rate } = options;
  let shown: string[] = [];
  let shownColumns = 0;
  let painted = -Infinity;
  let restsUntil = -Infinity;
  let held = false;
  const stopTimer = every(Math.max(rate, 1), tick);
  // Whoever leaves in a hurry (a second Ctrl-C) calls nobody, but gets a cursor all the same.
  globalThis.addEventListener("unload", restore);

  function tick(): void {
    try {
      if (now() >= restsUntil) draw();
    } catch {
      // Nobody reads any more. Who writes next learns of it, where it can be caught.
      stopTimer();
    }
  }

  function restore(): void {
    out.paint([wrapLines, showCursor]);
  }

  function stop(): void {
    stopTimer();
    globalThis.removeEventListener("unload", restore);
  }

  /** The frame is gone, and the cursor where it began. */
  function clear(): void {
    const up = heightOf(shown, shownColumns, options.size().columns);
    out.paint([cursorUp(up), rowStart, clearBelow, wrapLines, showCursor]);
    shown = [];
  }

  function draw(ending?: NonNullable<View["ending"]>, above = ""): void {
    if (held && !ending) return;
    const { columns, rows } = options.size();
    const at = now();
    const lines = frame(state, { ...options, columns, rows, now: at, ...(ending && { ending }) });
    const up = Math.min(heightOf(shown, shownColumns, columns), Math.max(rows - 1, 0));
    const parts: Painted[] = [beginFrame, hideCursor, cursorUp(up), rowStart];
    if (above) parts.push(clearRow, above, clearRest, "\n");
    parts.push(cutLines);
    // Rows that were folded stay joined to the terminal until each is cleared. (All at once would
    // not do: tmux takes that for the end of a page, and moves it to its history.)
    const resized = columns !== shownColumns;
    for (const line of lines) parts.push(...resized ? [clearRow] : [], line, clearRest, "\n");
    parts.push(clearBelow, wrapLines, ...ending ? [showCursor] : [], endFrame);
    out.paint(parts);
    shown = lines;
    shownColumns = columns;
    painted = at;
    // Frames of a huge build take long to lay out; most of the time is for the build itself.
    const took = now() - at;
    restsUntil = took > rate ? now() + 4 * took : -Infinity;
  }

  return {
    update() {
      if (now() - painted >= rate && now() >= restsUntil) draw();
    },
    note: (line) => draw(undefined, line),
    hold(on) {
      if (on) clear();
      held = on;
    },
    finish(outcome) {
      stop();
      draw(endingOf(outcome));
    },
    abandon() {
      stop();
      draw();
      restore();
    },
  };
}

function endingOf(outcome: Outcome): NonNullable<View["ending"]> {
  if (outcome.canceled) return "CANCELED";
  return outcome.error === undefined ? "FINISHED" : "ERROR";
}

/** Rows that lines take by now: a terminal that became narrower has folded those that don't fit. */
function heightOf(lines: readonly string[], columnsThen: number, columns: number): number {
  if (columns >= columnsThen) return lines.length;
  let height = 0;
  for (const line of lines) {
    height += Math.max(1, Math.ceil(textWidth(line.replace(COLOR, "")) / columns));
  }
  return height;
}

// deno-lint-ignore no-control-regex -- the sequences that `paint` (colors.ts) adds
const COLOR = /\x1b\[[0-9;]*m/g;
