/** The lines of a file around a place in it, as BuildKit and buildx print them. */

const RULE = "-".repeat(20);

/** Lines are counted from 1. */
interface Passage {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  /** Whether a line belongs to the place itself, and not only to its context. */
  isMarked(line: number): boolean;
}

/**
 * A single line gets about four lines of context, a longer place about two:
 *
 *     Dockerfile:2
 *     --------------------
 *        1 |     FROM scratch
 *        2 | >>> RUN false
 *        3 |
 *     --------------------
 */
export function excerpt({ file, isMarked, ...place }: Passage, lines: readonly string[]): string[] {
  let first = place.first;
  let last = Math.min(place.last, lines.length);
  // BuildKit's arithmetic: each round adds one line on either side if the file has one, and counts
  // one line more than it added. So the loop ends even if no line is left.
  const wanted = first === last ? 4 : 2;
  for (let taken = 0; taken < wanted; taken++) {
    if (first > 1) {
      first--;
      taken++;
    }
    if (last < lines.length) {
      last++;
      taken++;
    }
  }
  const shown: string[] = [];
  for (let line = first; line <= last; line++) {
    const mark = isMarked(line) ? ">>>" : "   ";
    shown.push(` ${String(line).padStart(3)} | ${mark} ${lines[line - 1] ?? ""}`);
  }
  return [`${file}:${place.first}`, RULE, ...shown, RULE];
}
