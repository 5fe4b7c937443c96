/**
 * Finds the known word that is near a mistyped one; undefined if there is none.
 *
 * Near means: at most two slips (a letter wrong, missing, too many, or two swapped) and less than
 * half of the word. A known word that begins with what was typed counts too.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  const limit = Math.min(2, Math.floor((typed.length - 1) / 2));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  if (best !== undefined || typed.length < 2) return best;
  const longer = [...known].filter((candidate) => candidate.toLowerCase().startsWith(typed));
  return longer.length === 1 ? longer[0] : undefined;
}

/**
 * The remedy for an unknown word, as a sentence: the nearest of the known words if one is near, and
 * all of them.
 */
export function choices(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  const all = `valid values: ${known.join(", ")}`;
  return near === undefined ? all : `did you mean ${near}? ${all}`;
}

/**
 * Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
 * @param options `swaps`: false for Levenshtein's distance, where a swap is two edits
 */
export function editDistance(a: string, b: string, { swaps = true } = {}): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (swaps && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
