import { deepEqual, equal } from "node:assert/strict";
import { seededBelow } from "../tests/harness/random.ts";
import { Spans } from "./spans.ts";

type Pair = [start: number, stop?: number];

const spansOf = (...pairs: Pair[]) => {
  const spans = new Spans();
  for (const [start, stop] of pairs) spans.set(start, stop);
  return spans;
};
const pairsOf = (spans: Spans) => spans.list().map(({ start, stop }) => [start, stop]);

Deno.test("spans that overlap or touch are one, and gaps stay", () => {
  const cases: [Pair[], [number, number | undefined][]][] = [
    [[], []],
    [[[1, 2], [4, 5]], [[1, 2], [4, 5]]],
    [[[4, 5], [1, 4]], [[1, 5]]],
    [[[1, 9], [2, 3]], [[1, 9]]],
    [[[1, 3], [2]], [[1, undefined]]],
    [[[1], [2, 3], [7, 8]], [[1, undefined]]],
    [[[1], [2, 3], [7, 8], [1, 4]], [[1, 4], [7, 8]]],
    [[[1], [3], [1, 2]], [[1, 2], [3, undefined]]],
    [[[1, 2], [5, 6], [8, 9], [1, 8]], [[1, 9]]],
    [[[5, 5]], [[5, 5]]],
    [[[5, 4]], [[5, 5]]],
  ];
  for (const [given, wanted] of cases) deepEqual(pairsOf(spansOf(...given)), wanted);
});

Deno.test("whatever the order, the union is the same as of marks on a line", () => {
  const random = seededBelow(7);
  for (let round = 0; round < 300; round++) {
    const pairs = Array.from({ length: random(9) }, (): Pair => {
      const start = random(30);
      return [start, start + random(6)];
    });
    const marks = new Set(pairs.flatMap(([start, stop]) => {
      return Array.from({ length: 2 * (stop! - start) + 1 }, (_, i) => 2 * start + i);
    }));
    const spans = spansOf(...pairs);
    const covered = spans.list().flatMap(({ start, stop }) =>
      Array.from({ length: 2 * (stop! - start) + 1 }, (_, i) => 2 * start + i)
    );
    deepEqual(covered, [...marks].sort((a, b) => a - b));
    deepEqual(spans.last(), spans.list().at(-1));
    for (const [start, stop] of pairs) equal(spans.set(start, stop), false);
  }
});

Deno.test("durations add up, a running span until now, and are never negative", () => {
  equal(spansOf([0, 100], [300]).duration(350), 150);
  equal(spansOf([500]).duration(400), 0);
});

Deno.test("a running span is the last; one that ended is no longer running", () => {
  const spans = spansOf([1, 2], [5]);
  deepEqual([spans.isStarted, spans.isRunning, spans.last()], [true, true, {
    start: 5,
    stop: undefined,
  }]);
  equal(spans.set(5, undefined), false);
  equal(spans.set(5, 7), true);
  deepEqual([spans.isRunning, spans.last()], [false, { start: 5, stop: 7 }]);
  equal(new Spans().isStarted, false);
});

Deno.test("hundreds of thousands of spans, in any order, keep their sum or a part of it", () => {
  const count = 300_000;
  const forward = new Spans();
  const backward = new Spans();
  const opened = new Spans();
  for (let i = 0; i < count; i++) {
    forward.set(10 * i, 10 * i + 5);
    backward.set(10 * (count - i), 10 * (count - i) + 5);
    opened.set(i, undefined);
  }
  equal(forward.duration(0), 5 * count);
  equal(backward.isStarted, true);
  for (let i = 0; i < count; i++) opened.set(i, i + 1);
  deepEqual([opened.isRunning, opened.duration(0)], [false, count]);
});
