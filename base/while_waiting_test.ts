import assert from "node:assert/strict";
import { received, sentAll, whileWaiting } from "./while_waiting.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("work is done once, when the program waits for a far side", async () => {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  whileWaiting(60_000, () => {
    count++;
    resolve();
  });
  sentAll();
  received();
  await pause(10);
  assert.equal(count, 0);
  sentAll();
  await promise;
  sentAll();
  await pause(10);
  assert.equal(count, 1);
});

Deno.test("work is done after its time where the program waits for nobody", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  whileWaiting(1, resolve);
  await promise;
});
