import assert from "node:assert/strict";
import { SendQueue } from "./send_queue.ts";

function pullAll(queue: SendQueue, step: number): Uint8Array {
  const all: number[] = [];
  const into = new Uint8Array(step);
  for (let count; (count = queue.pull(into)) > 0;) all.push(...into.subarray(0, count));
  return Uint8Array.from(all);
}

Deno.test("SendQueue gives back what was pushed, whatever the sizes", () => {
  const sizes = [1, 10, 4095, 4096, 5000, 3, 4000, 4000, 4000, 4000, 4000, 0, 20_000, 1];
  for (const step of [1, 7, 1000, 16_384, 100_000]) {
    const queue = new SendQueue();
    const expected: number[] = [];
    let value = 0;
    for (const size of sizes) {
      const chunk = Uint8Array.from({ length: size }, () => value++ & 0xff);
      expected.push(...chunk);
      queue.push(chunk);
    }
    assert.equal(queue.available(), expected.length);
    assert.deepEqual(pullAll(queue, step), Uint8Array.from(expected));
    assert.equal(queue.available(), 0);
  }
});

Deno.test("SendQueue packs pushes that come between pulls", () => {
  const queue = new SendQueue();
  const seen: number[] = [];
  let value = 0;
  const into = new Uint8Array(50);
  for (let round = 0; round < 2000; round++) {
    queue.push(Uint8Array.from({ length: round % 100 }, () => value++ & 0xff));
    seen.push(...into.subarray(0, queue.pull(into)));
  }
  seen.push(...pullAll(queue, 999));
  assert.deepEqual(seen, Array.from({ length: value }, (_, i) => i & 0xff));
});

Deno.test("SendQueue takes small chunks by copy, and says when it has taken a large one", () => {
  const queue = new SendQueue();
  const small = new Uint8Array(10).fill(1), large = new Uint8Array(8192).fill(2);
  const taken: string[] = [];
  queue.push(small, () => taken.push("small"));
  small.fill(9);
  queue.push(large, () => taken.push("large"));
  assert.deepEqual(taken, ["small"]);
  const into = new Uint8Array(8201);
  assert.equal(queue.pull(into), 8201);
  assert.equal(into[0], 1);
  assert.deepEqual(taken, ["small"]);
  queue.pull(into);
  assert.deepEqual(taken, ["small", "large"]);
});

Deno.test("SendQueue may be pushed to from onTaken", () => {
  const queue = new SendQueue();
  let left = 5;
  const again = () => {
    if (left-- > 0) queue.push(new Uint8Array(5000).fill(left), again);
  };
  again();
  const all = pullAll(queue, 100_000);
  assert.equal(all.length, 25_000);
  assert.equal(queue.available(), 0);
});

Deno.test("SendQueue.drained waits for the level", async () => {
  const queue = new SendQueue();
  queue.push(new Uint8Array(10_000));
  let drained = false;
  const waiting = queue.drained(4000).then(() => drained = true);
  queue.pull(new Uint8Array(5000));
  await Promise.resolve();
  assert.equal(drained, false);
  queue.pull(new Uint8Array(1000));
  await waiting;
  await queue.drained(4000);
});

Deno.test("SendQueue: a stream's end settles who waits", async () => {
  const failed = new SendQueue();
  let taken = 0;
  failed.push(new Uint8Array(10_000), () => taken++);
  const waiting = failed.drained(0);
  failed.detached(new Error("stream reset"));
  await assert.rejects(waiting, /stream reset/);
  await assert.rejects(failed.drained(0), /stream reset/);
  assert.throws(() => failed.push(new Uint8Array(1)), /stream reset/);
  assert.equal(taken, 1);

  const whole = new SendQueue();
  whole.push(new Uint8Array(10));
  whole.end();
  whole.end();
  const sent = whole.drained(0);
  whole.pull(new Uint8Array(10));
  whole.detached();
  await sent;
  await whole.drained(0);
  assert.throws(() => whole.push(new Uint8Array(1)), /has been ended/);
});

Deno.test("SendQueue wakes its stream for bytes and for the end", () => {
  const queue = new SendQueue();
  let woken = 0;
  queue.attached(() => woken++);
  queue.push(new Uint8Array(0));
  assert.equal(woken, 0);
  queue.push(new Uint8Array(1));
  queue.push(new Uint8Array(5000));
  queue.end();
  assert.equal(woken, 3);
});
