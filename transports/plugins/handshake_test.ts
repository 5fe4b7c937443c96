import assert from "node:assert/strict";
import { readText } from "../../tests/transports/contract_help.ts";
import { fakeStream } from "../../tests/transports/fake_stream.ts";
import { explainNoise, readHandshake, withRest } from "./handshake.ts";

Deno.test("the handshake line, however it is split; the bytes after it are the daemon's", async () => {
  const line = 'fairlead-transport/1 ok {"authority":"a:1","peer":"p\\u001b[31m","secure":true}\n';
  for (const reads of [Infinity, line.length, 1]) {
    const { stream } = fakeStream(`${line}\0\0rest`, reads);
    const beginning = await readHandshake(stream);
    assert(beginning.kind === "ok");
    assert.deepEqual(beginning.greeting, { authority: "a:1", peer: "p", secure: true });
    assert.equal(await readText(withRest(beginning.rest, stream), 3), "\0\0rest");
  }
});

Deno.test("an ok line without fields", async () => {
  const beginning = await readHandshake(
    fakeStream('fairlead-transport/1 ok {"authority":""}\r\n').stream,
  );
  assert(beginning.kind === "ok");
  assert.deepEqual(beginning.greeting, { secure: false });
});

Deno.test("the error line", async () => {
  const fields = { code: "denied", message: "no\u0007 way", hint: "ask", retryable: true };
  const line = `fairlead-transport/1 error ${JSON.stringify(fields)}\n`;
  const beginning = await readHandshake(fakeStream(line).stream);
  assert(beginning.kind === "error");
  assert.deepEqual(beginning.refusal, { ...fields, message: "no way" });
  const bare = await readHandshake(fakeStream("fairlead-transport/1 error {}\n").stream);
  assert(bare.kind === "error");
  assert.equal(bare.refusal.code, "internal");
});

Deno.test("bytes that are no handshake line", async () => {
  const kind = async (text: string) => (await readHandshake(fakeStream(text).stream)).kind;
  assert.equal(await kind(""), "silence");
  for (
    const text of [
      "hello\n",
      "hello",
      "fairlead-transport/1 ok\n",
      "fairlead-transport/1 ok {torn\n",
      "fairlead-transport/1 maybe {}\n",
      "fairlead-transport/2 ok {}\n",
      ` ${"x".repeat(5000)}\n`,
    ]
  ) assert.equal(await kind(text), "noise", text.slice(0, 40));
});

Deno.test("first bytes: HTTP/2 and TLS are no noise", () => {
  for (const first of [0, 21, 22]) {
    assert.equal(explainNoise(Uint8Array.of(first, 3, 1)), undefined);
  }
  const noise = explainNoise(new TextEncoder().encode(`\x1b[1mHi\x1b[0m ${"x".repeat(300)}`));
  assert.match(noise!, /^wrote the text "Hi x{189}" where the daemon's bytes should begin$/);
});
