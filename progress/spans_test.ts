import { deepEqual, equal } from "node:assert/strict";
import { duration, mergeSpans } from "./spans.ts";

const span = (start: number, stop?: number) => ({ start, stop });

Deno.test("mergeSpans() joins what overlaps and keeps gaps", () => {
  const cases: [ReturnType<typeof span>[], ReturnType<typeof span>[]][] = [
    [[], []],
    [[span(1, 2), span(4, 5)], [span(1, 2), span(4, 5)]],
    [[span(4, 5), span(1, 4)], [span(1, 5)]],
    [[span(1, 9), span(2, 3)], [span(1, 9)]],
    [[span(1, 3), span(2)], [span(1)]],
    [[span(1), span(2, 3), span(7, 8)], [span(1)]],
  ];
  for (const [given, wanted] of cases) deepEqual(mergeSpans(given), wanted);
});

Deno.test("duration() adds spans up, a running one until now, and is never negative", () => {
  equal(duration([span(0, 100), span(300)], 350), 150);
  equal(duration([span(500)], 400), 0);
});
