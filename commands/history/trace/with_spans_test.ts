import { deepStrictEqual, strictEqual } from "node:assert";
import type { Span } from "../../../progress/timeline/timeline.ts";
import { stepOf } from "../../../tests/progress/steps.ts";
import { withSpans } from "./with_spans.ts";

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

const T = Date.parse("2026-01-02T03:04:05Z");

const text = (Key: string, Value: string) => ({ Key, Value: { Type: "STRING", Value } });
const vertex = (digest: string) => ({ Attributes: [text("vertex", digest)] });

Deno.test("withSpans() puts each span below its step, in the order of their starts", () => {
  const timeline = {
    duration: 100,
    origin: T,
    steps: [stepOf("RUN x", { digest: "sha256:1" }), stepOf("exporting", { digest: "sha256:2" })],
  };
  const { steps, spans } = withSpans(timeline, [
    span("late", "3", "5", 50, 90),
    span("solve", "1", "0", 0, 100),
    span("early", "2", "5", 10, 40),
    span("RUN x", "5", "1", 5, 95, vertex("sha256:1")),
    span("cache request: RUN x", "6", "1", 1, 2, vertex("sha256:1")),
    span("inner", "4", "2", 11, 39),
    span("exporting", "7", "1", 95, 99),
    span("layers", "8", "7", 96, 97),
  ]);
  const list = (spans: readonly Span[] = []) => spans.map(({ name, depth }) => [name, depth]);
  deepStrictEqual(list(spans), [["solve", 0]]);
  deepStrictEqual(list(steps[0]!.spans), [
    ["cache request: RUN x", 0],
    ["RUN x", 0],
    ["early", 1],
    ["inner", 2],
    ["late", 1],
  ]);
  deepStrictEqual(list(steps[1]!.spans), [["exporting", 0], ["layers", 1]]);
  deepStrictEqual([spans![0]!.start, spans![0]!.stop], [0, 100]);
});

Deno.test("withSpans() keeps attributes, events and errors, and stays within the build", () => {
  const timeline = {
    duration: 50,
    origin: T + 10,
    steps: [stepOf("RUN x", { digest: "sha256:1" })],
  };
  const { spans } = withSpans(timeline, [
    span("run", "1", "0", 0, 100, {
      Attributes: [text("a", "b")],
      Events: [{ Name: "exec", Time: "2026-01-02T03:04:05.020Z", Attributes: [text("c", "d")] }],
      Status: { Code: "Error", Description: "exit code: 1" },
    }),
  ]);
  const [{ lines, failed, start, stop }] = spans as [Span];
  deepStrictEqual(lines, ["exit code: 1", "a=b", "+0.020s exec c=d"]);
  deepStrictEqual([failed, start, stop], [true, 0, 50]);
});

Deno.test("withSpans() of a build without steps has the time of the spans", () => {
  const empty = { duration: 0, origin: 0, steps: [] };
  const { duration, origin, spans } = withSpans(empty, [span("a", "1", "0", 10, 90)]);
  deepStrictEqual([duration, origin, spans!.length], [80, T + 10, 1]);
  strictEqual(withSpans(empty, []), empty);
});

Deno.test("withSpans() of spans in a ring ends", () => {
  const timeline = { duration: 50, origin: T, steps: [stepOf("RUN x", { digest: "sha256:1" })] };
  const ring = withSpans(timeline, [span("a", "1", "2", 0, 10), span("b", "2", "1", 0, 10)]);
  strictEqual(ring.spans!.length, 0);
  strictEqual(withSpans(timeline, [span("self", "1", "1", 0, 10)]).spans!.length, 1);
});
