/** Errors with the range of the file that they are about. */

/** A position. Lines and columns count from 1, and columns are grapheme clusters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Range {
  readonly file: string;
  readonly start: Position;
  /** The first position behind the range. */
  readonly end: Position;
}

/** An error in a definition. The message is complete; the reader of the files adds the excerpt. */
export class Diagnostic extends Error {
  override readonly name = "Diagnostic";

  constructor(
    readonly summary: string,
    readonly detail: string,
    /** The range; undefined for an error without one, such as a missing argument. */
    readonly subject?: Range,
  ) {
    super(`${subject === undefined ? "<nil>" : rangeText(subject)}: ${summary}; ${detail}`);
  }
}

/** `FILE:LINE,COLUMN-COLUMN`, or `FILE:LINE,COLUMN-LINE,COLUMN` for several lines. */
export function rangeText({ file, start, end }: Range): string {
  const to = end.line === start.line ? end.column : `${end.line},${end.column}`;
  return `${file}:${start.line},${start.column}-${to}`;
}

/** The range from the start of the first to the end of the second. */
export function between(first: Range, second: Range): Range {
  return { file: first.file, start: first.start, end: second.end };
}

/** The empty range before another one. */
export function before({ file, start }: Range): Range {
  return { file, start, end: start };
}

/** The empty range behind another one. */
export function behind({ file, end }: Range): Range {
  return { file, start: end, end };
}
