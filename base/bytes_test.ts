import assert from "node:assert/strict";
import { joinBytes, readUpTo, writeAll } from "./bytes.ts";

const TEXT = Uint8Array.of(1, 2, 3, 4, 5);

Deno.test("joinBytes() copies the parts one after another", () => {
  assert.deepEqual(joinBytes([TEXT.subarray(0, 2), new Uint8Array(0), TEXT.subarray(2)]), TEXT);
  assert.deepEqual(joinBytes([]), new Uint8Array(0));
});

for (const [most, length] of [[0, 0], [3, 3], [5, 5], [9, 5]] as const) {
  Deno.test(`readUpTo() reads ${length} of 5 bytes where ${most} are asked for`, async () => {
    let at = 0;
    const reader = {
      read(into: Uint8Array) {
        if (at === TEXT.length) return Promise.resolve(null);
        const part = TEXT.subarray(at, at + Math.min(2, into.length));
        into.set(part);
        at += part.length;
        return Promise.resolve(part.length);
      },
    };
    assert.deepEqual(await readUpTo(reader, most), TEXT.slice(0, length));
    assert.equal(at, length);
  });
}

Deno.test("writeAll() repeats writes that take only some of the bytes", async () => {
  const written: number[] = [];
  await writeAll({
    write(bytes) {
      written.push(...bytes.subarray(0, 2));
      return Promise.resolve(Math.min(2, bytes.length));
    },
  }, TEXT);
  assert.deepEqual(Uint8Array.from(written), TEXT);
});
