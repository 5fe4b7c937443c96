import assert from "node:assert/strict";
import { frame, FrameError, frameReader } from "./frames.ts";
import { sizeReport, sizeReports } from "./shell_socket.ts";
import { parseCondition } from "./condition.ts";

const text = (text: string) => new TextEncoder().encode(text);

Deno.test("messages are read however they are cut", () => {
  const bytes = new Uint8Array([...frame({ a: "ä" }), ...frame([1]), ...frame({ b: 2 })]);
  for (let size = 1; size < bytes.length; size++) {
    const read = frameReader();
    const found: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...read(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(found, [{ a: "ä" }, [1], { b: 2 }]);
  }
});

Deno.test("a message that is no JSON spoils no other one", () => {
  const read = frameReader();
  assert.deepEqual(read(text("Content-Length: 3\r\n\r\n{ab")), [undefined]);
  assert.deepEqual(read(text("X: y\r\ncontent-length:2\r\n\r\n{}")), [{}]);
});

Deno.test("bytes that are no messages end the connection, and don't fill the memory", () => {
  const wrong = ["\r\n\r\n", "Content-Length: x\r\n\r\n", "Content-Length: 99999999\r\n\r\n"];
  for (const bytes of [...wrong, "a".repeat(5000)]) {
    assert.throws(() => frameReader()(text(bytes)), FrameError, bytes.slice(0, 40));
  }
});

Deno.test("reports of sizes are taken out of the keys, however they are cut", () => {
  const keys = "ls\x1b[A";
  const all = [...text(keys), ...sizeReport({ columns: 90, rows: 30 }), ...text("é\n")];
  for (let cut = 0; cut < all.length; cut++) {
    // A lone Escape is a key, and isn't held back.
    if (cut > keys.length && cut < keys.length + 3) continue;
    const sizes: unknown[] = [];
    const split = sizeReports((next) => sizes.push(next));
    const passed = [all.slice(0, cut), all.slice(cut)].flatMap((part) => [
      ...split(new Uint8Array(part)),
    ]);
    assert.deepEqual(sizes, [{ columns: 90, rows: 30 }], `cut at ${cut}`);
    assert.deepEqual(new Uint8Array(passed), text(`${keys}é\n`));
  }
});

Deno.test("conditions of breakpoints are read, or refused", () => {
  const condition = parseCondition('stage == "build" && platform != linux/arm64');
  assert.ok(typeof condition === "function");
  assert.equal(condition({ stage: "build", platform: "linux/amd64" }), true);
  assert.equal(condition({ stage: "build", platform: "linux/arm64" }), false);
  assert.equal(condition({ stage: "other", platform: "linux/amd64" }), false);
  for (const wrong of ["1 == 1", "stage = x", "stage == a || stage == b", "stage =="]) {
    const read = parseCondition(wrong);
    if (wrong === "stage ==") assert.ok(typeof read === "function", "the empty stage");
    else assert.ok(read instanceof Error, wrong);
  }
});
