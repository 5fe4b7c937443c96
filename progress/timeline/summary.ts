import { placeOf } from "./step_place.ts";
import type { Step, Timeline } from "./timeline.ts";

/** The figures above the steps. Times are milliseconds. */
export interface Summary {
  /** The slowest steps first; at most five. */
  readonly slowest: readonly Step[];
  /** The steps that the end of the build waited for, and the time in them. */
  readonly critical: { readonly count: number; readonly time: number };
  /** The time that all steps took together. */
  readonly work: number;
  /** The largest number of steps at work at the same time. */
  readonly peak: number;
  readonly cached: number;
  /** Bytes by their purpose, without purposes that have none. */
  readonly bytes: readonly { readonly purpose: string; readonly amount: number }[];
}

const SLOWEST = 5;

export function summaryOf({ steps }: Timeline): Summary {
  const ran = steps.filter(({ outcome }) => outcome !== "cached");
  const bySlowness = ran.map((step) => ({ step, time: stepTime(step) }))
    .sort((a, b) => b.time - a.time);
  const critical = steps.filter((step) => step.critical);
  return {
    slowest: bySlowness.slice(0, SLOWEST).filter(({ time }) => time > 0).map(({ step }) => step),
    critical: { count: critical.length, time: sum(critical.map(stepTime)) },
    work: sum(bySlowness.map(({ time }) => time)),
    peak: peakOf(ran),
    cached: steps.length - ran.length,
    bytes: bytesOf(steps),
  };
}

/** The time that a step ran, in milliseconds. */
export function stepTime({ bars }: Step): number {
  return sum(bars.map(({ start, stop }) => stop - start));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function peakOf(steps: readonly Step[]): number {
  const bars = steps.flatMap(({ bars }) => bars).filter(({ start, stop }) => stop > start);
  const starts = Float64Array.from(bars, ({ start }) => start).sort();
  const stops = Float64Array.from(bars, ({ stop }) => stop).sort();
  let [ended, peak] = [0, 0];
  for (const [begun, start] of starts.entries()) {
    // A step that begins as another one ends doesn't run at the same time.
    while (stops[ended]! <= start) ended++;
    peak = Math.max(peak, begun + 1 - ended);
  }
  return peak;
}

function bytesOf(steps: readonly Step[]): Summary["bytes"] {
  const amounts = new Map<string, number>();
  for (const { name, transfers } of steps) {
    const amount = sum(transfers.map(({ current }) => current));
    if (amount <= 0) continue;
    const purpose = purposeOf(name);
    amounts.set(purpose, (amounts.get(purpose) ?? 0) + amount);
  }
  return [...amounts].map(([purpose, amount]) => ({ purpose, amount }));
}

function purposeOf(name: string): string {
  const { stage, text } = placeOf(name);
  if (stage === "internal" && !text.startsWith("load metadata")) return "context and definitions";
  if (/^(?:export|push|send|load|copy)/i.test(text) && stage === "") return "exported";
  return /^(?:FROM|ADD|import|pull|http|git)/i.test(text) || /:\/\//.test(text)
    ? "fetched"
    : "other";
}
