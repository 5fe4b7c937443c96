import assert from "node:assert/strict";
import type { ByteStream } from "../byte_stream.ts";
import { explainNoise, readHandshake, withRest } from "./handshake.ts";

/** A stream that gives these parts, then ends. */
function parts(...texts: string[]): ByteStream {
  const waiting = texts.map((text) => new TextEncoder().encode(text));
  return {
    read(into) {
      const next = waiting.shift();
      if (next === undefined) return Promise.resolve(null);
      into.set(next.subarray(0, into.length));
      if (next.length > into.length) waiting.unshift(next.subarray(into.length));
      return Promise.resolve(Math.min(next.length, into.length));
    },
    write: (from) => Promise.resolve(from.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
}

Deno.test("the handshake line, however it is cut; what is behind it belongs to the daemon", async () => {
  const line = 'fairlead-transport/1 ok {"authority":"a:1","peer":"p\\u001b[31m","secure":true}\n';
  for (const cut of [[line + "\0\0rest"], [line, "\0\0rest"], [...line + "\0\0rest"]]) {
    const stream = parts(...cut);
    const beginning = await readHandshake(stream);
    assert(beginning.kind === "ok");
    assert.deepEqual(beginning.greeting, { authority: "a:1", peer: "p", secure: true });
    const whole = withRest(beginning.rest, stream);
    let text = "";
    const into = new Uint8Array(3);
    for (let count; (count = await whole.read(into)) !== null;) {
      text += new TextDecoder().decode(into.subarray(0, count));
    }
    assert.equal(text, "\0\0rest");
  }
});

Deno.test("an ok that says nothing", async () => {
  const beginning = await readHandshake(parts('fairlead-transport/1 ok {"authority":""}\r\n'));
  assert(beginning.kind === "ok");
  assert.deepEqual(beginning.greeting, { secure: false });
});

Deno.test("the error line", async () => {
  const fields = { code: "denied", message: "no\u0007 way", hint: "ask", retryable: true };
  const line = `fairlead-transport/1 error ${JSON.stringify(fields)}\n`;
  const beginning = await readHandshake(parts(line));
  assert(beginning.kind === "error");
  assert.deepEqual(beginning.refusal, { ...fields, message: "no way" });
  const bare = await readHandshake(parts("fairlead-transport/1 error {}\n"));
  assert(bare.kind === "error");
  assert.equal(bare.refusal.code, "internal");
});

Deno.test("what is no handshake", async () => {
  const kind = async (...texts: string[]) => (await readHandshake(parts(...texts))).kind;
  assert.equal(await kind(), "silence");
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
