import assert from "node:assert/strict";
import { context, readText } from "../../tests/transports/contract_help.ts";
import { fakeStream } from "../../tests/transports/fake_stream.ts";
import { overOwnTls } from "./own_tls.ts";

/**
 * A mock, because a socket rarely gives this order: the far side has sent bytes and
 * hung up, and a write fails before anybody has read them.
 */
Deno.test("a write that fails takes nothing away from the reader", async () => {
  const below = {
    ...fakeStream(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), 5).stream,
    write: () => Promise.reject(new Deno.errors.BrokenPipe("broken pipe")),
  };
  const files = { roots: [], rootsFrom: "nowhere" };
  const connection = await overOwnTls({
    endpoint: "tcp://127.0.0.1:1",
    host: "127.0.0.1",
    texts: {},
    load: () => Promise.resolve(files),
    open: () => Promise.resolve({ stream: below, authority: "", peer: "", secure: true }),
  }, context());
  const { stream } = connection!;
  for (let i = 0; i < 2; i++) {
    await assert.rejects(stream.write(Uint8Array.of(9)), Deno.errors.BrokenPipe);
  }
  assert.equal(await readText(stream, 3), "\x01\x02\x03\x04\x05\x06\x07");
});
