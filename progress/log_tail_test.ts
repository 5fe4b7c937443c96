import { deepEqual, equal } from "node:assert/strict";
import { appendTail, emptyTail, logStamp, splitLog, trimTail } from "./log_tail.ts";

Deno.test("logStamp() has fewer decimals the longer it takes", () => {
  const cases: [number, string][] = [[0, "0.000"], [9999, "9.999"], [12345, "12.35"], [
    100_000,
    "100.0",
  ]];
  for (const [ms, text] of cases) equal(logStamp(ms), text);
});

Deno.test("splitLog() says whether the last line is whole", () => {
  deepEqual(splitLog("a\nb\n", "0.1", false).pieces, ["a", "b"]);
  equal(splitLog("a\nb\n", "0.1", false).open, false);
  deepEqual(splitLog("a\n\n", "0.1", false).pieces, ["a", ""]);
  equal(splitLog("a\nb", "0.1", false).open, true);
});

Deno.test("a tail keeps the last lines, joins pieces of one line, and counts what it dropped", () => {
  const limit = { lines: 3, size: 1000 };
  const tail = emptyTail();
  appendTail(tail, splitLog("one\ntw", "0.1", false), limit);
  appendTail(tail, splitLog("o\nthree\nfo", "0.2", true), limit);
  appendTail(tail, splitLog("ur", "0.3", true), limit);
  trimTail(tail, limit);
  deepEqual(tail.lines, ["0.1 two", "0.2 three", "0.2 four"]);
  equal(tail.dropped, 1);
  equal(tail.size, tail.lines.join("").length);
});

Deno.test("a tail is bounded, by lines and by characters", () => {
  const limit = { lines: 10, size: 500 };
  const tail = emptyTail();
  for (let i = 0; i < 1000; i++) {
    appendTail(tail, splitLog(`${i}\n`.repeat(i % 50), "1", false), limit);
    appendTail(tail, splitLog("dots......", "1", i % 3 > 0 && tail.open), limit);
    appendTail(tail, splitLog("x".repeat(200) + "\n", "1", true), limit);
    equal(tail.lines.length <= 20 && tail.size <= 1000 + 202, true);
  }
  trimTail(tail, limit);
  equal(tail.size <= 500, true);
  equal(tail.size, tail.lines.join("").length);
});
