import assert from "node:assert/strict";
import { isArchive, openStdin, peek, readWhole } from "./stdin.ts";

/** Gives bytes in pieces of a size. */
function input(text: string, size: number) {
  let rest = new TextEncoder().encode(text);
  return {
    read(into: Uint8Array) {
      if (rest.length === 0) return Promise.resolve(null);
      const n = Math.min(size, into.length, rest.length);
      into.set(rest.subarray(0, n));
      rest = rest.subarray(n);
      return Promise.resolve(n);
    },
  };
}

Deno.test("peek() looks, and loses nothing", async () => {
  for (const length of [0, 1, 1023, 1024, 1025, 5000]) {
    for (const size of [1, 700, 9999]) {
      const text = "x".repeat(length - length % 7) + "y".repeat(length % 7);
      const { head, whole } = await peek(input(text, size));
      assert.equal(head.length, Math.min(length, 1024));
      assert.equal(new TextDecoder().decode(await readWhole(whole, 5000)), text);
    }
  }
  await assert.rejects(readWhole(input("xxx", 1), 2), /larger than 2 bytes/);
});

Deno.test("isArchive() knows a tar by its checksum, however old", () => {
  const tar = new Uint8Array(512);
  tar.set(new TextEncoder().encode("name"));
  tar[300] = 200;
  const sum = (signed: boolean) => {
    tar.fill(0x20, 148, 156);
    const total = tar.reduce((sum, byte) => sum + (signed && byte > 127 ? byte - 256 : byte), 0);
    tar.set(new TextEncoder().encode(`${total.toString(8).padStart(6, "0")}\0 `), 148);
  };
  for (const signed of [false, true]) {
    sum(signed);
    assert.ok(isArchive(tar));
    assert.ok(!isArchive(tar.subarray(0, 511)));
    const broken = tar.slice();
    broken[0] = broken[0]! + 1;
    assert.ok(!isArchive(broken));
  }
  assert.ok(!isArchive(new Uint8Array(1024)));
  assert.ok(!isArchive(new TextEncoder().encode("FROM busybox\n".repeat(99))));
  assert.ok(isArchive(new Uint8Array([0x1f, 0x8b, 0x08])) && !isArchive(new Uint8Array([0x1f])));
});

Deno.test("a Ctrl-C ends a read that would wait for ever", async () => {
  const stop = new AbortController();
  const stdin = { read: () => new Promise<number | null>(() => {}), isTerminal: true, setRaw() {} };
  const reading = peek(openStdin({ stdin, signal: stop.signal }));
  stop.abort(new Error("interrupted"));
  await assert.rejects(reading, /interrupted/);
});
