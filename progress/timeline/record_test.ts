import { momentOf } from "../../base/go/time.ts";
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { StatusResponse, Vertex } from "../../proto/gen/control.ts";
import { recordTimeline } from "./record.ts";

const T = 1_700_000_000_000;
const EMPTY: StatusResponse = { vertexes: [], statuses: [], logs: [], warnings: [] };

function vertex(digest: string, start: number, stop?: number, more: Partial<Vertex> = {}): Vertex {
  return {
    digest,
    inputs: [],
    name: digest,
    cached: false,
    started: momentOf(T + start),
    completed: stop === undefined ? undefined : momentOf(T + stop),
    error: "",
    progressGroup: undefined,
    ...more,
  };
}

function log(digest: string, at: number, text: string): StatusResponse {
  const msg = new TextEncoder().encode(text);
  return { ...EMPTY, logs: [{ vertex: digest, timestamp: momentOf(T + at), stream: 1n, msg }] };
}

Deno.test("a timeline has each step with its bars, its outcome and its log", () => {
  const recorder = recordTimeline();
  const take = (message: Partial<StatusResponse>) =>
    recorder.update({ ...EMPTY, ...message }, T, false);
  take({ vertexes: [vertex("a", 0), vertex("b", 10, 10, { cached: true })] });
  take(log("a", 5, "one\ntw"));
  take(log("a", 6, "o\n"));
  take({ vertexes: [vertex("a", 0, 100, { error: "exit code: 1" }), vertex("c", 20)] });
  take({ vertexes: [vertex("c", 20, 100, { error: "context canceled" })] });
  const { duration, steps } = recorder.timeline(T + 500);
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
  recorder.update({ ...EMPTY, vertexes: [vertex("daemon's", 0)] }, T + 1000, false);
  recorder.update({ ...EMPTY, vertexes: [vertex("ours", 1050)] }, T + 1050, true);
  const { steps, duration } = recorder.timeline(T + 1200);
  strictEqual(duration, 200);
  deepStrictEqual(steps.map(({ bars, outcome }) => [bars, outcome]), [
    [[{ start: 0, stop: 200 }], "unfinished"],
    [[{ start: 50, stop: 200 }], "unfinished"],
  ]);
});

Deno.test("the critical path of a failed build ends with what failed", () => {
  const recorder = recordTimeline();
  const vertexes = [
    vertex("first", 0, 10),
    vertex("failed", 10, 90, { inputs: ["first"], error: "exit code: 1" }),
    vertex("stopped", 10, 100, { inputs: ["first"], error: "context canceled" }),
  ];
  recorder.update({ ...EMPTY, vertexes }, T, false);
  const critical = recorder.timeline(T).steps.filter((step) => step.critical);
  deepStrictEqual(critical.map(({ name }) => name), ["first", "failed"]);
});

Deno.test("of a long log the end is kept, and how much is missing is known", () => {
  const recorder = recordTimeline();
  recorder.update({ ...EMPTY, vertexes: [vertex("a", 0)] }, T, false);
  for (let i = 0; i < 200; i++) recorder.update(log("a", i, `${i}\n`.repeat(100)), T, false);
  const [step] = recorder.timeline(T + 1).steps;
  strictEqual(step!.log.length + step!.dropped, 20_000);
  ok(step!.log.length <= 5000);
  ok(step!.log.at(-1)!.endsWith(" 199"));
});

Deno.test("a build that never began has an empty timeline", () => {
  deepStrictEqual(recordTimeline().timeline(T), { duration: 0, origin: 0, steps: [] });
});
