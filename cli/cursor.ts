/**
 * A control sequence of this program for a terminal (https://vt100.net/docs/vt510-rm/, and for
 * frames https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036). `Output.paint`
 * takes controls besides text; text itself can't move the cursor (base/terminal_text.ts).
 */
export class Control {
  /** @param sequence must not contain data from another machine */
  constructor(readonly sequence: string) {}
}

/** A part of a painted output: text, or a control. */
export type Painted = string | Control;

/**
 * Terminals that know these two controls show the output between them at once; others ignore them.
 */
export const beginFrame = new Control("\x1b[?2026h");
export const endFrame = new Control("\x1b[?2026l");
export const hideCursor = new Control("\x1b[?25l");
export const showCursor = new Control("\x1b[?25h");
/** False until the program listens to signals: an earlier Ctrl-C would leave the cursor hidden. */
export const cursor = { mayHide: true };
/** A line that is wider than the terminal is cut, and takes one row. */
export const cutLines = new Control("\x1b[?7l");
export const wrapLines = new Control("\x1b[?7h");
export const clearRow = new Control("\x1b[2K");
/** Clears from the cursor to the end of its row. */
export const clearRest = new Control("\x1b[K");
/** Clears from the cursor to the end of the screen. */
export const clearBelow = new Control("\x1b[J");
/** Puts the cursor at the start of its row. */
export const rowStart = new Control("\r");

/** The address as a link to itself (OSC 8); plain text for an address of unusual characters. */
export function hyperlink(url: string): Painted[] {
  if (!/^[\w.~:/?#@!$&'()*+,;=%-]+$/.test(url)) return [url];
  return [new Control(`\x1b]8;;${url}\x1b\\`), url, new Control("\x1b]8;;\x1b\\")];
}

/** Moves the cursor up; `rows` may be 0. */
export function cursorUp(rows: number): Control {
  return new Control(rows > 0 ? `\x1b[${rows}A` : "");
}
