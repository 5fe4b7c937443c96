import assert from "node:assert/strict";
import { seededBelow } from "../../tests/harness/random.ts";
import { HeldBytes } from "./held_bytes.ts";

Deno.test("held bytes come out as they went in, however they are cut", () => {
  const held = new HeldBytes();
  const random = seededBelow(1);
  let [sent, got] = [0, 0];
  for (let round = 0; round < 1000; round++) {
    if (random(2) === 0) {
      const chunk = Uint8Array.from({ length: random(40_000) }, (_, i) => (sent + i) * 7);
      held.push(chunk);
      sent += chunk.length;
      chunk.fill(0);
    } else {
      const bytes = held.next();
      if (bytes === undefined) {
        assert.equal(got, sent);
        continue;
      }
      const count = 1 + random(bytes.length);
      for (let i = 0; i < count; i++) {
        if (bytes[i] !== ((got + i) * 7 & 0xff)) assert.fail(`byte ${got + i} is wrong`);
      }
      got += count;
      held.take(count);
    }
  }
  assert(got > 1_000_000, `${got} bytes are too few to prove something`);
});

Deno.test("what was handed out stays as it is while more comes", () => {
  const held = new HeldBytes();
  held.push(Uint8Array.of(1, 2, 3));
  const bytes = held.next()!;
  held.take(3);
  for (let i = 0; i < 100; i++) held.push(new Uint8Array(5000));
  assert.deepEqual([...bytes], [1, 2, 3]);
  held.clear();
  assert.equal(held.next(), undefined);
});
