import assert from "node:assert/strict";
import { manualClock } from "../tests/harness/manual_clock.ts";
import { received, sentAll, whileWaiting } from "./while_waiting.ts";

Deno.test("work is done once, when the program waits for a far side", async () => {
  using clock = manualClock();
  let count = 0;
  whileWaiting(60_000, () => count++);
  sentAll();
  received();
  await clock.advance(10);
  assert.equal(count, 0);
  sentAll();
  await clock.advance(10);
  assert.equal(count, 1);
  sentAll();
  await clock.advance(10);
  assert.equal(count, 1);
});

Deno.test("work that is put off while the program waits is done, one piece after the other", async () => {
  using clock = manualClock();
  sentAll();
  await clock.advance(10);
  const done: string[] = [];
  whileWaiting(60_000, () => done.push("one"));
  whileWaiting(60_000, () => done.push("two"));
  const stop = whileWaiting(60_000, () => done.push("three"));
  stop();
  await clock.advance(6);
  assert.deepEqual(done, ["one"]);
  await clock.advance(6);
  assert.deepEqual(done, ["one", "two"]);
  received();
});

Deno.test("work is done after its time where the program waits for nobody", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  whileWaiting(1, resolve);
  await promise;
});
