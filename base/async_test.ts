import assert from "node:assert/strict";
import { after, every, pause, within } from "./async.ts";

Deno.test("after calls once, and not when it was stopped", async () => {
  const calls: string[] = [];
  const stop = after(5, () => calls.push("stopped"));
  stop();
  await new Promise<void>((resolve) => after(15, resolve));
  after(1, () => calls.push("due"));
  await new Promise<void>((resolve) => after(15, resolve));
  assert.deepEqual(calls, ["due"]);
});

Deno.test("every calls until it is stopped, also from within", async () => {
  let calls = 0;
  await new Promise<void>((resolve) => {
    const stop = every(1, () => {
      if (++calls < 3) return;
      stop();
      resolve();
    });
  });
  await new Promise<void>((resolve) => after(15, resolve));
  assert.equal(calls, 3);
});

Deno.test("within waits for the promise or the time, and rejects as the promise does", async () => {
  const started = performance.now();
  await within(new Promise(() => {}), 10);
  assert.ok(performance.now() - started >= 9);
  await within(Promise.resolve(), 10_000);
  await assert.rejects(within(Promise.reject(new Error("x")), 10_000), /x/);
});

Deno.test("pause ends with the signal", async () => {
  const end = new AbortController();
  await pause(1, end.signal);
  const pausing = pause(600_000, end.signal);
  end.abort(new Error("over"));
  await assert.rejects(pausing, /over/);
  await assert.rejects(pause(600_000, end.signal), /over/);
});
