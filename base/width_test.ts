import { equal } from "node:assert/strict";
import { cutToWidth, printable, textWidth } from "./width.ts";

Deno.test("textWidth() counts columns", () => {
  const cases: [string, number][] = [
    ["abc", 3],
    ["Grüße", 5],
    ["漢字", 4],
    ["ｆｕｌｌ", 8],
    ["한글", 4],
    ["✅ done", 7],
    ["🚀", 2],
    ["☰", 2],
    ["🇩🇪", 2],
    ["〈x〉", 5],
    ["e\u0301", 1],
    ["a\u200bb", 2],
    ["✓→│█", 4],
  ];
  for (const [text, width] of cases) equal(textWidth(text), width, text);
});

Deno.test("cutToWidth() never splits a wide character", () => {
  equal(cutToWidth("漢字漢字", 5), "漢字");
  equal(cutToWidth("abc", 2), "ab");
  equal(cutToWidth("abc", -1), "");
});

Deno.test("printable() makes control characters harmless", () => {
  equal(printable("a\tb\x1b[31mc\u009b2J"), "a b [31mc 2J");
});
