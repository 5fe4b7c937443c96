/** Compares two entries by their keys, for `sort`. */
export function byKey([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) {
  return a < b ? -1 : 1;
}
