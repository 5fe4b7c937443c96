import { deepEqual, equal } from "node:assert/strict";
import { seededBelow } from "../tests/harness/random.ts";
import { screenRows } from "./screen.ts";

const rows = (text: string, columns = 20, height = 4) => screenRows(text, columns, height);

Deno.test("screenRows() shows what a terminal would", () => {
  const cases: [string, string, string[]][] = [
    ["lines", "a\nb\n", ["a", "b"]],
    ["CR LF", "a\r\nb\r\n", ["a", "b"]],
    ["empty lines are left out", "a\n\n\nb", ["a", "b"]],
    ["carriage return", "10%\r50%\r100%", ["100%"]],
    ["carriage return and erase", "a long line\r\x1b[Kshort", ["short"]],
    ["a shorter text over a longer one", "12345\rab", ["ab345"]],
    ["backspace", "|\b/\b-", ["-"]],
    ["tab", "a\tb", ["a       b"]],
    ["colours", "\x1b[1;31mred\x1b[0m", ["red"]],
    ["two progress bars", "a 1\nb 1\n\x1b[2A\ra 2\x1b[K\n\rb 2\x1b[K\n", ["a 2", "b 2"]],
    ["a title", "\x1b]0;title\x07text", ["text"]],
    ["a link", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", ["text"]],
    ["clear screen", "old\nolder\n\x1b[2J\x1b[Hnew", ["new"]],
    ["column", "abc\x1b[1GX", ["Xbc"]],
    ["a sequence that is cut off", "text\x1b[3", ["text"]],
    ["controls", "a\x00\x07b", ["ab"]],
    ["combining marks", "e\u0301a\u0308", ["e\u0301a\u0308"]],
  ];
  for (const [name, text, wanted] of cases) deepEqual(rows(text), wanted, name);
});

Deno.test("screenRows() scrolls and wraps", () => {
  deepEqual(rows("1\n2\n3\n4\n5\n6\n"), ["3", "4", "5", "6"]);
  deepEqual(rows("abcdefgh", 3), ["abc", "def", "gh"]);
  deepEqual(rows("abc\rxyz", 3), ["xyz"]);
  deepEqual(rows("a漢字", 4), ["a漢", "字"]);
});

Deno.test("screenRows() stays within its bounds, whatever the text", () => {
  const parts = ["\x1b[5A", "\x1b[99B", "\x1b[99C", "\x1b[J", "\x1b[1J", "\x1b[1K", "\n", "\r"];
  parts.push("漢", "text", "\b\b", "\t", "\x1b[9;9H", "\x1b[2J", "\x1b7", "\x1b(B", "\u0301");
  const random = seededBelow(1);
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: 30 }, () => parts[random(parts.length)]).join("");
    const got = rows(text, 10, 3);
    equal(got.length <= 3, true, JSON.stringify(text));
    for (const row of got) equal([...row].length <= 20, true);
  }
});
