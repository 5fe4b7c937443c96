import { deepStrictEqual, strictEqual } from "node:assert";
import { spanTimeline } from "./span_timeline.ts";

function span(name: string, id: string, parent: string, start: number, stop: number, more = {}) {
  const time = (ms: number) => `2026-01-02T03:04:05.${String(ms).padStart(3, "0")}Z`;
  return {
    Name: name,
    SpanContext: { SpanID: id },
    Parent: { SpanID: parent },
    StartTime: time(start),
    EndTime: time(stop),
    ...more,
  };
}

Deno.test("spanTimeline() puts each span below its parent, in the order of their starts", () => {
  const { duration, steps } = spanTimeline([
    span("late", "3", "1", 50, 90),
    span("solve", "1", "0", 0, 100),
    span("early", "2", "1", 10, 40),
    span("inner", "4", "2", 11, 39),
  ]);
  strictEqual(duration, 100);
  deepStrictEqual(
    steps.map(({ name, bars, critical }) => [name.trimStart(), name.search(/\S/), bars, critical]),
    [
      ["solve", 0, [{ start: 0, stop: 100 }], false],
      ["early", 2, [{ start: 10, stop: 40 }], false],
      ["inner", 4, [{ start: 11, stop: 39 }], true],
      ["late", 2, [{ start: 50, stop: 90 }], true],
    ],
  );
});

Deno.test("spanTimeline() shows attributes, events and errors", () => {
  const text = (key: string, Value: string) => ({ Key: key, Value: { Type: "STRING", Value } });
  const [step] = spanTimeline([
    span("run", "1", "0", 0, 100, {
      Attributes: [text("vertex", "sha256:1")],
      Events: [{ Name: "exec", Time: "2026-01-02T03:04:05.020Z", Attributes: [text("a", "b")] }],
      Status: { Code: "Error", Description: "exit code: 1" },
    }),
  ]).steps;
  deepStrictEqual(step!.log, ["vertex=sha256:1", "+0.020s exec a=b"]);
  deepStrictEqual([step!.outcome, step!.error], ["failed", "exit code: 1"]);
});

Deno.test("spanTimeline() of spans in a ring, or of none, ends", () => {
  strictEqual(spanTimeline([]).steps.length, 0);
  const ring = spanTimeline([span("a", "1", "2", 0, 10), span("b", "2", "1", 0, 10)]);
  strictEqual(ring.steps.length, 0);
  strictEqual(spanTimeline([span("self", "1", "1", 0, 10)]).steps.length, 1);
});
