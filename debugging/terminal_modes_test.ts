import assert from "node:assert/strict";
import { terminalModes } from "./terminal_modes.ts";

function undone(...parts: string[]): string {
  const modes = terminalModes();
  for (const part of parts) modes.watch(new TextEncoder().encode(part));
  const text = modes.undo();
  assert.equal(modes.undo(), "", "once is enough");
  return text;
}

Deno.test("what a full-screen program has changed is undone", () => {
  assert.equal(undone("\x1b[?1049h\x1b[?25l text"), "\x1b[?1049l\x1b[?25h\x1b[m");
  assert.equal(undone("\x1b[?1000;1006h"), "\x1b[?1000l\x1b[?1006l\x1b[m");
  assert.equal(undone("\x1b=\x1b[2;23r"), "\x1b7\x1b[r\x1b8\x1b>\x1b[m");
});

Deno.test("what the program has changed back isn't, nor is plain or coloured text", () => {
  assert.equal(undone("\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b=\x1b>\x1b[r"), "");
  assert.equal(undone("\x1b[31mred\x1b[m", "no [?1049h"), "");
});

Deno.test("a sequence may be cut anywhere", () => {
  const text = "vi\x1b[?1049h!";
  for (let at = 0; at <= text.length; at++) {
    assert.equal(undone(text.slice(0, at), text.slice(at)), "\x1b[?1049l\x1b[m");
  }
});
