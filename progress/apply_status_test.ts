import { displayText } from "../base/raw_bytes.ts";
import { deepEqual, equal } from "node:assert/strict";
import { message, stateOf, T0 } from "../tests/progress/messages.ts";
import { applyStatus } from "./apply_status.ts";
import { clockOf, isCanceled, isCompleted, isFailed, isStarted, newState } from "./state.ts";

const keep = { tail: { lines: 10, size: 1000 }, recent: 100 };

Deno.test("a vertex is announced, starts, and ends", () => {
  const state = newState(keep);
  equal(applyStatus(state, message({ v: [{ d: "a" }] }), T0).vertexes.size, 0);
  const a = state.byDigest.get("a");
  equal(a && isStarted(a), false);
  equal(applyStatus(state, message({ v: [{ d: "a", start: 0 }] }), T0).vertexes.size, 1);
  // The same again changes nothing, and a late announcement resets nothing.
  equal(
    applyStatus(state, message({ v: [{ d: "a", start: 0 }, { d: "a" }] }), T0).vertexes.size,
    0,
  );
  equal(a && isStarted(a) && !isCompleted(a), true);
  applyStatus(state, message({ v: [{ d: "a", start: 0, stop: 10, cached: true }] }), T0);
  equal(a && isCompleted(a) && a.cached, true);
  equal(state.started.length, 1);
});

Deno.test("a vertex that starts again is running again, and its times add up", () => {
  const state = stateOf({ v: [{ d: "a", start: 0, stop: 10 }] }, { v: [{ d: "a", start: 20 }] });
  const [a] = state.started;
  equal(a && isCompleted(a), false);
  applyStatus(state, message({ v: [{ d: "a", start: 20, stop: 25 }] }), T0);
  deepEqual(a?.spans.list().map(({ start, stop }) => [start - T0, (stop ?? 0) - T0]), [[0, 10], [
    20,
    25,
  ]]);
  equal(state.started.length, 1);
});

Deno.test("errors: failed or canceled", () => {
  const state = stateOf({
    v: [
      { d: "a", start: 0, stop: 1, error: "exit code: 1" },
      { d: "b", start: 0, stop: 1, error: "process: context canceled" },
    ],
  });
  deepEqual(state.started.map((v) => [isFailed(v), isCanceled(v)]), [[true, false], [false, true]]);
});

Deno.test("a group is one vertex, hidden until more than weak members have started", () => {
  const weak = { id: "g", name: "group", weak: true };
  const state = stateOf({ v: [{ d: "a", start: 0, stop: 5, cached: true, group: weak }] });
  equal(state.started.length, 0);
  const strong = { id: "g", name: "group" };
  const changes = applyStatus(
    state,
    message({ v: [{ d: "b", start: 10, group: strong }], l: [{ v: "b", at: 11, text: "x\n" }] }),
    T0,
  );
  equal(changes.vertexes.size, 1);
  equal(changes.logs[0]?.vertex.name, "group");
  const [group] = state.started;
  equal(group && !isCompleted(group) && !group.cached, true);
  applyStatus(
    state,
    message({ v: [{ d: "b", start: 10, stop: 12, error: "no", group: strong }] }),
    T0,
  );
  equal(group?.error, "no");
  equal(group && isCompleted(group), true);
});

Deno.test("statuses replace each other by ID and keep the order in which they started", () => {
  const state = stateOf({ v: [{ d: "a", start: 0 }] }, {
    s: [{ v: "a", id: "x", at: 1 }, { v: "a", id: "y", at: 1, start: 1, total: 10 }],
  }, { s: [{ v: "a", id: "x", at: 2, start: 2, current: 5 }, { v: "nobody", id: "z", at: 2 }] });
  deepEqual(state.started[0]?.statuses.map(({ id, current }) => [id, current]), [["y", 0], [
    "x",
    5,
  ]]);
});

Deno.test("logs: a character that two messages share, and bounded memory", () => {
  const state = stateOf({ v: [{ d: "a", start: 0 }] });
  const bytes = new TextEncoder().encode("漢\n");
  const log = (text: string | Uint8Array) =>
    applyStatus(state, message({ l: [{ v: "a", at: 5, text }] }), T0);
  const halves = [bytes.subarray(0, 2), bytes.subarray(2)].map((half) => log(half).logs[0]!.text);
  equal(displayText(halves.join("")), "漢\n");
  for (let i = 0; i < 1000; i++) log(`line ${i}\n`);
  const [a] = state.started;
  equal((a?.recent.length ?? 0) <= 4000, true);
  equal(a?.recent.endsWith("line 999\n"), true);
  equal((a?.tail.lines.length ?? 0) <= 20, true);
  applyStatus(state, message({ v: [{ d: "a", start: 0, stop: 9 }] }), T0);
  deepEqual([a?.recent, a?.tail.lines], ["", []]);
});

Deno.test("warnings count once, whichever vertexes they come from", () => {
  const state = stateOf({ v: [{ d: "a", start: 0 }, { d: "b", start: 0 }] }, {
    w: [{ v: "a", short: "W" }, { v: "b", short: "W" }, { v: "b", short: "X" }],
  });
  equal(state.warnings.length, 2);
  equal(state.byDigest.get("b")?.warnings.length, 2);
});

Deno.test("the daemon's clock is learnt from the fastest message", () => {
  const state = newState(keep);
  // The daemon is an hour behind; messages take 50 and 20 ms.
  const hour = 3_600_000;
  applyStatus(state, message({ v: [{ d: "a", start: 0 }] }), T0 + hour + 50);
  applyStatus(state, message({ l: [{ v: "a", at: 100, text: "x" }] }), T0 + hour + 120);
  applyStatus(state, message({ v: [{ d: "b", start: 0 }] }), T0 + hour + 500);
  equal(clockOf(state, false, T0 + hour + 1020), T0 + 1000);
  equal(clockOf(state, true, T0), T0);
});
