import assert from "node:assert/strict";
import { humanDuration } from "./human_duration.ts";

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

const cases: [number, string][] = [
  [-5, "Less than a second"],
  [999, "Less than a second"],
  [second, "1 second"],
  [59.9 * second, "59 seconds"],
  [minute, "About a minute"],
  [2 * minute, "2 minutes"],
  [59.9 * minute, "59 minutes"],
  [1.4 * hour, "About an hour"],
  [1.5 * hour, "2 hours"],
  [47 * hour, "47 hours"],
  [2 * day, "2 days"],
  [13.9 * day, "13 days"],
  [14 * day, "2 weeks"],
  [60 * day, "2 months"],
  [800 * day, "2 years"],
];

for (const [ms, text] of cases) {
  Deno.test(`humanDuration() of ${ms} ms is ${text}`, () => {
    assert.equal(humanDuration(ms), text);
  });
}
