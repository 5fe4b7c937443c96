import assert from "node:assert/strict";
import { typedText } from "./ask.ts";

Deno.test("a passphrase is edited as it is typed", () => {
  const typed = (keys: string) => typedText(new TextEncoder().encode(keys));
  assert.equal(typed("pass phräse"), "pass phräse");
  assert.equal(typed("pä\x7f\x7fpä\x7fass"), "pass");
  assert.equal(typed("\x7f\bwrong\x15right"), "right");
});
