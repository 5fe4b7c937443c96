import assert from "node:assert/strict";
import { EnvelopeReader, PREFIX, writePrefix } from "./envelope.ts";

function wire(...messages: Uint8Array[]): Uint8Array {
  const parts: number[] = [];
  for (const message of messages) {
    const prefix = new Uint8Array(PREFIX);
    writePrefix(prefix, message.length);
    parts.push(...prefix, ...message);
  }
  return new Uint8Array(parts);
}

Deno.test("messages come out whole, however they are cut", () => {
  const messages = [new Uint8Array(0), new Uint8Array(300).fill(7), new Uint8Array([1, 2, 3])];
  const bytes = wire(...messages);
  for (let cut = 1; cut <= bytes.length; cut++) {
    const reader = new EnvelopeReader();
    const got: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; start += cut) {
      const chunk = bytes.subarray(start, Math.min(start + cut, bytes.length));
      let at = 0;
      while (at < chunk.length) {
        at = reader.read(chunk, at);
        if (reader.message) got.push(reader.message.slice());
      }
    }
    assert.deepEqual(got, messages, `cut at ${cut}`);
    assert.ok(reader.complete);
  }
});

Deno.test("a message beyond the limit, and a compressed one, are errors", () => {
  assert.throws(
    () => new EnvelopeReader(2).read(wire(new Uint8Array(3)), 0),
    /exceed the limit of 2/,
  );
  assert.throws(() => new EnvelopeReader().read(new Uint8Array([1, 0, 0, 0, 0]), 0), /compressed/);
});
