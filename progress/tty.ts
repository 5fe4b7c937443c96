import { every } from "../base/async.ts";
import {
  beginFrame,
  clearBelow,
  clearRest,
  clearRow,
  cursor,
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
import { frame, newMemory, type View } from "./tty_frame.ts";
import { textWidth } from "../base/width.ts";

export interface DisplayOptions extends Pick<View, "colors" | "logRows" | "label"> {
  /** Further facts for the header, read before every frame. */
  readonly facts?: () => Pick<View, "cancelling" | "lastTime">;
  readonly out: Output;
  readonly size: () => { columns: number; rows: number };
  readonly now: () => number;
  /** Milliseconds between frames. */
  readonly rate: number;
}

/**
 * Paints each frame over the last one in a single write. It moves up, writes every line and clears
 * the rest of its row, then clears the rows below. Except after a resize, no row is cleared before
 * it is rewritten, so nothing flickers.
 */
export function ttyRenderer(state: State, options: DisplayOptions): Renderer {
  const { out, now, rate } = options;
  let shown: string[] = [];
  let shownColumns = 0;
  let painted = -Infinity;
  let restsUntil = -Infinity;
  let held = false;
  const memory = newMemory();
  const stopTimer = every(Math.max(rate, 1), tick);
  // A second Ctrl-C ends the program without `finish`; the cursor must come back all the same.
  globalThis.addEventListener("unload", restore);

  function tick(): void {
    try {
      if (now() >= restsUntil) draw();
    } catch {
      // The reader of the output is gone. The next write throws again, where a caller can catch it.
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

  /** Removes the frame; the cursor is then where the frame began. */
  function clear(): void {
    const up = heightOf(shown, shownColumns, options.size().columns);
    out.paint([cursorUp(up), rowStart, clearBelow, wrapLines, showCursor]);
    shown = [];
  }

  function draw(ending?: NonNullable<View["ending"]>, above = ""): void {
    if (held && !ending) return;
    const { columns, rows } = options.size();
    const at = now();
    const lines = frame(state, {
      ...options,
      memory,
      ...options.facts?.(),
      ...{ columns, rows, now: at },
      ...ending && { ending },
    });
    const up = Math.min(heightOf(shown, shownColumns, columns), Math.max(rows - 1, 0));
    const parts: Painted[] = [beginFrame];
    if (cursor.mayHide) parts.push(hideCursor);
    parts.push(cursorUp(up), rowStart);
    if (above) parts.push(clearRow, above, clearRest, "\n");
    parts.push(cutLines);
    // The terminal keeps folded rows joined until each is cleared. (Clearing all at once fails in
    // tmux: tmux takes it for the end of a page, and moves the page to its history.)
    const resized = columns !== shownColumns;
    for (const line of lines) parts.push(...resized ? [clearRow] : [], line, clearRest, "\n");
    parts.push(clearBelow, wrapLines, ...ending ? [showCursor] : [], endFrame);
    out.paint(parts);
    shown = lines;
    shownColumns = columns;
    painted = at;
    // The frames of a huge build take long, so the display pauses after each of them.
    const took = now() - at;
    restsUntil = took > rate ? now() + 4 * took : -Infinity;
  }

  return {
    update() {
      if (now() - painted >= rate && now() >= restsUntil) draw();
    },
    note: (line) => draw(undefined, line),
    repaint: () => draw(),
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

/** The rows that lines take: a terminal that became narrower has folded long lines. */
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
