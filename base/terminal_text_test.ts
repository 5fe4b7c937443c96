// deno-lint-ignore-file no-control-regex -- control characters are what it is about
import { deepEqual, equal, match } from "node:assert/strict";
import { terminalText } from "./terminal_text.ts";

/** Filters texts for a terminal that are written one after the other. */
const filtered = (...texts: string[]) => {
  const filter = terminalText();
  return texts.map((text) => filter.text(text)).join("");
};

const attacks: [what: string, text: string, left: string][] = [
  ["the clipboard (OSC 52)", "a\x1b]52;c;aGk=\x07b", "ab"],
  ["the same, ended by ST", "a\x1b]52;c;aGk=\x1b\\b", "ab"],
  ["the title", "a\x1b]0;pwned\x07b", "ab"],
  ["a link", "\x1b]8;;http://evil\x07text\x1b]8;;\x07", "text"],
  ["a cleared screen", "a\x1b[2J\x1b[Hb", "ab"],
  ["a full reset", "a\x1bcb", "ab"],
  ["the alternate screen", "a\x1b[?1049hb", "ab"],
  ["a device control string", 'a\x1bP$q"p\x1b\\b', "ab"],
  ["an application command", "a\x1b_G;data\x1b\\b", "ab"],
  ["keys that xterm reports otherwise", "a\x1b[>4;2mb", "ab"],
  ["a question that the terminal answers", "a\x1b[6n\x1b[cb", "ab"],
  ["another character set", "a\x1b(0b\x0ec", "abc"],
  ["C1 controls", "a\x9b2Jb\x9d0;x\x9cc\x85d", "a2Jb0;xcd"],
  ["a line overwritten", "#5 0.1 x\r#6 [auth] y", "#5 0.1 x #6 [auth] y"],
  ["backspaces", "abc\b\b\bxyz", "abcxyz"],
  ["a bell, a form feed, DEL, NUL", "a\x07b\x0cc\x7fd\0e", "abcde"],
  ["a line that is turned around", "a\u202eb\u2066c", "abc"],
  ["a string that never ends hides nothing", "a\x1b]0;b\nERROR: c\n", "a0;b\nERROR: c\n"],
  ["an escape at the very end", "a\x1b", "a"],
  ["line ends of Windows", "a\r\nb\r\n", "a\nb\n"],
  [
    "colours stay",
    "\x1b[31mred\x1b[0m \x1b[38:2::1:2:3mx\x1b[m\n",
    "\x1b[31mred\x1b[0m \x1b[38:2::1:2:3mx\x1b[m\n",
  ],
  ["a colour ends with its line", "\x1b[8mhidden\n[auth]\n", "\x1b[8mhidden\x1b[0m\n[auth]\n"],
  ["what is no ASCII stays", "äöü 漢字 👩‍👩‍👧 é\t|", "äöü 漢字 👩‍👩‍👧 é\t|"],
];
for (const [what, text, left] of attacks) {
  Deno.test(`a terminal doesn't obey: ${what}`, () => {
    equal(filtered(text), left);
    // Cut anywhere, nothing but colours is left, too.
    for (let at = 0; at <= text.length; at++) {
      const cut = filtered(text.slice(0, at), text.slice(at)) + filtered("\n");
      match(cut, /^(?:[\n\t -~\xa0-\u2029\u2030-\uffff]|\x1b\[[0-9;:]*m)*$/, JSON.stringify(cut));
    }
  });
}

Deno.test("a colour in two writes is a colour; a beginning that nothing ends is nothing", () => {
  equal(filtered("a\x1b", "[3", "1mred\x1b[0m"), "a\x1b[31mred\x1b[0m");
  equal(filtered("a\x1b[3", "ERROR: x\n"), "aERROR: x\n");
});

Deno.test("a character in two writes is a character; bytes that are none are shown as such", () => {
  const filter = terminalText();
  const bytes = new TextEncoder().encode("é漢👩");
  let text = "";
  for (const byte of bytes) text += filter.bytes(Uint8Array.of(byte));
  equal(text, "é漢👩");
  // A lone surrogate is how the program holds a byte that is no UTF-8 (base/raw_bytes.ts).
  const lone = [...bytes].map((byte) => String.fromCharCode(0xdc00 + byte));
  equal(filtered(...lone), "é漢👩");
  equal(filtered("\udc9b2J", "x"), "\ufffd2Jx");
  equal(filtered("\udcc3", "x"), "\ufffdx");
});

Deno.test("a long text costs no more than its length", () => {
  for (const piece of ["\x1b]", "\x1b[1", "\x1b", "\x1b]0;x\n", "\r", "\x1b[1m"]) {
    const text = piece.repeat(200_000);
    deepEqual(/[\x07\x9b]/.test(filtered(text)), false);
  }
});
