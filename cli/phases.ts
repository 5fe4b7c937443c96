/**
 * The moments of a run, for `scripts/bench start-up` (`FAIRLEAD_PHASES=1` prints them).
 * `performance.mark` isn't used, because its first call costs 2 ms.
 */
const moments: [name: string, at: number][] = [];

/** Notes that a phase is over. */
export function phase(name: string): void {
  moments.push([name, performance.now()]);
}

/** The moments so far as one line, in milliseconds since 1970. */
export function phasesLine(): string {
  const absolute = moments.map(([name, at]) => [name, performance.timeOrigin + at]);
  return `phases: ${JSON.stringify(absolute)}\n`;
}
