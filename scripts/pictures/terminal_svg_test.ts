import { deepEqual, equal, match } from "node:assert/strict";
import { terminalSvg } from "./terminal_svg.ts";

const texts = (svg: string) =>
  [...svg.matchAll(/<text x="([\d.]+)" y="(\d+)"[^>]* fill="(#\w+)"[^>]*>([^<]*)</g)]
    .map(([, x, y, fill, text]) => [Number(x), Number(y), fill, text]);

Deno.test("terminalSvg() places each run in its column, row and colour", () => {
  const svg = terminalSvg("$ a <b>\n  \x1b[34m=> c\x1b[39m d\n\x1b[1;31mE\n\x1b[0mf\n\n", 20);
  deepEqual(texts(svg), [
    [14, 27, "#e6edf3", "$ a &lt;b&gt;"],
    [29.6, 45, "#79c0ff", "=&gt; c"],
    [68.6, 45, "#e6edf3", "d"],
    [14, 63, "#ff7b72", "E"],
    [14, 81, "#e6edf3", "f"],
  ]);
  match(svg, /font-weight="bold" xml:space="preserve">E</);
  match(svg, /^<svg [^>]*width="184" height="100"/);
});

Deno.test("terminalSvg() of an empty screen is a picture", () => {
  equal(texts(terminalSvg("", 80)).length, 0);
});
