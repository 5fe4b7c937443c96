/**
 * The last lines of a vertex's output, kept for the block that is printed if it fails. Their number
 * and their characters are limited, so that a step may print for hours.
 */

/** A log message, split into lines. */
export interface LogPieces {
  /** Seconds since the vertex started, as printed before each line: `0.123`. */
  readonly stamp: string;
  /** Text between line ends. The first continues an unfinished line if `continues`. */
  readonly pieces: readonly string[];
  readonly continues: boolean;
  /** The last piece has no line end yet. */
  readonly open: boolean;
}

export interface LogTail {
  lines: string[];
  /** Characters in `lines`. */
  size: number;
  /** The number of earlier lines that were dropped. */
  dropped: number;
  /** The last of `lines` is unfinished. */
  open: boolean;
}

/** `lines`: how many are kept; `size`: how many characters. */
export interface TailLimit {
  readonly lines: number;
  readonly size: number;
}

export function emptyTail(): LogTail {
  return { lines: [], size: 0, dropped: 0, open: false };
}

/**
 * Seconds with the precision that BuildKit uses before log lines: three decimals below 10 s, two
 * below 100 s, else one. `ms` counts from the vertex's start.
 */
export function logStamp(ms: number): string {
  const seconds = ms / 1000;
  return seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1);
}

/** Splits a message's text. `continues`: the message before ended in the middle of a line. */
export function splitLog(text: string, stamp: string, continues: boolean): LogPieces {
  const pieces = text.split("\n");
  const open = pieces.at(-1) !== "";
  if (!open) pieces.pop();
  return { stamp, pieces, continues, open };
}

export function appendTail(tail: LogTail, log: LogPieces, limit: TailLimit): void {
  let from = 0;
  if (log.continues && tail.open && tail.lines.length > 0) {
    const at = tail.lines.length - 1;
    const before = tail.lines[at] ?? "";
    // A line without an end (a progress bar of dots) keeps its last part. It is cut seldom: cutting
    // copies.
    const whole = before + (log.pieces[0] ?? "");
    const joined = whole.length > 2 * limit.size ? whole.slice(-limit.size) : whole;
    tail.lines[at] = joined;
    tail.size += joined.length - before.length;
    from = 1;
  }
  const skipped = Math.max(0, log.pieces.length - from - limit.lines);
  if (skipped > 0) {
    tail.dropped += tail.lines.length + skipped;
    tail.lines = [];
    tail.size = 0;
    from += skipped;
  }
  for (let i = from; i < log.pieces.length; i++) {
    const line = `${log.stamp} ${log.pieces[i]}`.slice(0, limit.size);
    tail.lines.push(line);
    tail.size += line.length;
  }
  tail.open = log.open;
  // The tail is cut seldom, because cutting copies it.
  if (tail.lines.length > 2 * limit.lines || tail.size > 2 * limit.size) trimTail(tail, limit);
}

/** Cuts a tail to its limit; until then it may be twice as long. */
export function trimTail(tail: LogTail, limit: TailLimit): void {
  let cut = 0;
  while (
    tail.lines.length - cut > limit.lines || (tail.size > limit.size && tail.lines.length - cut > 1)
  ) {
    tail.size -= tail.lines[cut]?.length ?? 0;
    cut++;
  }
  if (cut === 0) return;
  tail.lines.splice(0, cut);
  tail.dropped += cut;
}
