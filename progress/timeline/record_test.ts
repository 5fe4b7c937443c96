import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { message, T0 } from "../../tests/progress/messages.ts";
import { recordTimeline } from "./record.ts";

Deno.test("a timeline has each step with its bars, its outcome and its log", () => {
  const recorder = recordTimeline();
  const take = (brief: Parameters<typeof message>[0]) => recorder.update(message(brief), T0, false);
  take({ v: [{ d: "a", start: 0 }, { d: "b", start: 10, stop: 10, cached: true }] });
  take({ l: [{ v: "a", at: 5, text: "one\ntw" }] });
  take({ l: [{ v: "a", at: 6, text: "o\n" }] });
  take({ v: [{ d: "a", start: 0, stop: 100, error: "exit code: 1" }, { d: "c", start: 20 }] });
  take({ v: [{ d: "c", start: 20, stop: 100, error: "context canceled" }] });
  const { duration, steps } = recorder.timeline(T0 + 500);
  strictEqual(duration, 100);
  deepStrictEqual(steps.map(({ name, outcome }) => [name, outcome]), [
    ["a", "failed"],
    ["b", "cached"],
    ["c", "canceled"],
  ]);
  deepStrictEqual(steps[0]!.log, ["0.005 one", "0.005 two"]);
  deepStrictEqual(steps[2]!.bars, [{ start: 20, stop: 100 }]);
});

Deno.test("a step without an end is drawn until now, by the clock that timed it", () => {
  const recorder = recordTimeline();
  // The daemon's clock is 1000 ms behind ours.
  recorder.update(message({ v: [{ d: "daemon's", start: 0 }] }), T0 + 1000, false);
  recorder.update(message({ v: [{ d: "ours", start: 1050 }] }), T0 + 1050, true);
  const { steps, duration } = recorder.timeline(T0 + 1200);
  strictEqual(duration, 200);
  deepStrictEqual(steps.map(({ bars, outcome }) => [bars, outcome]), [
    [[{ start: 0, stop: 200 }], "unfinished"],
    [[{ start: 50, stop: 200 }], "unfinished"],
  ]);
});

Deno.test("the critical path of a failed build ends with what failed", () => {
  const recorder = recordTimeline();
  const v = [
    { d: "first", start: 0, stop: 10 },
    { d: "failed", start: 10, stop: 90, inputs: ["first"], error: "exit code: 1" },
    { d: "stopped", start: 10, stop: 100, inputs: ["first"], error: "context canceled" },
  ];
  recorder.update(message({ v }), T0, false);
  const critical = recorder.timeline(T0).steps.filter((step) => step.critical);
  deepStrictEqual(critical.map(({ name }) => name), ["first", "failed"]);
});

Deno.test("the end of a long log is kept, and the number of lines that are missing", () => {
  const recorder = recordTimeline();
  recorder.update(message({ v: [{ d: "a", start: 0 }] }), T0, false);
  for (let i = 0; i < 200; i++) {
    recorder.update(message({ l: [{ v: "a", at: i, text: `${i}\n`.repeat(100) }] }), T0, false);
  }
  const [step] = recorder.timeline(T0 + 1).steps;
  strictEqual(step!.log.length + step!.dropped, 20_000);
  ok(step!.log.length <= 5000);
  ok(step!.log.at(-1)!.endsWith(" 199"));
});

Deno.test("a build that never began has an empty timeline", () => {
  deepStrictEqual(recordTimeline().timeline(T0), { duration: 0, origin: 0, steps: [] });
});
