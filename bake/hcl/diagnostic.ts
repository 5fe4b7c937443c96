/** What is wrong at which place of which file. */

/** Both count from 1; columns are grapheme clusters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Range {
  readonly file: string;
  readonly start: Position;
  /** The first position behind it. */
  readonly end: Position;
}

/** An error in a definition; its message is complete, the excerpt is left to who has the files. */
export class Diagnostic extends Error {
  override readonly name = "Diagnostic";

  constructor(
    readonly summary: string,
    readonly detail: string,
    /** Undefined for what has no place, such as an argument that isn't there. */
    readonly subject?: Range,
  ) {
    super(`${subject === undefined ? "<nil>" : rangeText(subject)}: ${summary}; ${detail}`);
  }
}

/** `FILE:LINE,COLUMN-COLUMN`, with a line for the end too where it is on another one. */
export function rangeText({ file, start, end }: Range): string {
  const to = end.line === start.line ? end.column : `${end.line},${end.column}`;
  return `${file}:${start.line},${start.column}-${to}`;
}

/** From the start of the first to the end of the second. */
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
