import assert from "node:assert/strict";
import type { ByteStream } from "../byte_stream.ts";
import { overOwnTls } from "./own_tls.ts";

/**
 * A mock: what must come in one order, and on a socket comes so once in a hundred. The far side said
 * something and hung up, and a write meets that before a reader has taken what was said.
 */
Deno.test("a write that fails takes nothing away from the reader", async () => {
  const said = [Uint8Array.of(1, 2, 3, 4, 5), Uint8Array.of(6, 7)];
  const below: ByteStream = {
    async read(into) {
      const part = said.shift();
      if (part === undefined) return null;
      const count = Math.min(part.length, into.length);
      into.set(part.subarray(0, count));
      if (count < part.length) said.unshift(part.subarray(count));
      return await Promise.resolve(count);
    },
    write: () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe")),
    closeWrite: () => Promise.resolve(),
    close() {},
  };
  const files = { roots: [], rootsFrom: "nowhere" };
  const connection = await overOwnTls({
    endpoint: "tcp://127.0.0.1:1",
    host: "127.0.0.1",
    texts: {},
    load: () => Promise.resolve(files),
    open: () => Promise.resolve({ stream: below, authority: "", peer: "", secure: true }),
  }, { signal: new AbortController().signal, env: () => undefined, step() {}, log() {} });
  const { stream } = connection!;
  for (let i = 0; i < 2; i++) {
    await assert.rejects(stream.write(Uint8Array.of(9)), Deno.errors.BrokenPipe);
  }
  const got: number[] = [];
  const buffer = new Uint8Array(3);
  for (let count = await stream.read(buffer); count !== null; count = await stream.read(buffer)) {
    got.push(...buffer.subarray(0, count));
  }
  assert.deepEqual(got, [1, 2, 3, 4, 5, 6, 7]);
});
