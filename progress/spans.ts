/**
 * Stretches of time in which a vertex ran. A vertex may run more than once (its result was needed
 * again, or a progress group has several members), so its duration is the sum of its merged spans.
 *
 * All times are milliseconds since 1970, as floats: a double holds today's date to 0.25 µs.
 */

export interface Span {
  readonly start: number;
  /** undefined: still running. */
  readonly stop: number | undefined;
}

/** Spans in order of start, overlapping ones joined. One without an end swallows all after it. */
export function mergeSpans(spans: Iterable<Span>): Span[] {
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  const merged: Span[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (!last || (last.stop !== undefined && last.stop < span.start)) {
      merged.push(span);
    } else if (last.stop !== undefined && (span.stop === undefined || span.stop > last.stop)) {
      merged[merged.length - 1] = { start: last.start, stop: span.stop };
    }
  }
  return merged;
}

/** Milliseconds covered; a running span counts until `now`. Never negative, whatever the clocks say. */
export function duration(spans: readonly Span[], now: number): number {
  let total = 0;
  for (const { start, stop } of spans) total += Math.max(0, (stop ?? now) - start);
  return total;
}
