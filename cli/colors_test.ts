import { equal, ok } from "node:assert/strict";
import { colorCode, type ColorName, LEGIBLE } from "./colors.ts";

/**
 * The red, green and blue of a colour beyond the first 16, from 0 to 255, as xterm defines them.
 */
function rgbOf(number: number): number[] {
  if (number >= 232) return Array(3).fill(8 + 10 * (number - 232));
  const levels = [0, 95, 135, 175, 215, 255];
  const at = number - 16;
  return [Math.trunc(at / 36), Math.trunc(at / 6) % 6, at % 6].map((level) => levels[level]!);
}

/** The relative luminance of WCAG 2.2, from 0 for black to 1 for white. */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: readonly number[], b: readonly number[]): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

const BACKGROUNDS = { black: [0, 0, 0], "dark grey": [30, 30, 30], white: [255, 255, 255] };

for (const [background, color] of Object.entries(BACKGROUNDS)) {
  Deno.test(`each colour is legible on ${background}: its contrast is 3 or more`, () => {
    for (const [name, number] of Object.entries(LEGIBLE)) {
      const found = contrast(rgbOf(number), color);
      ok(found >= 3, `${name}: ${found.toFixed(2)}`);
    }
  });
}

Deno.test("the measure of contrast: black on white has 21, and the usual yellow fails on white", () => {
  equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  ok(contrast([205, 205, 0], [255, 255, 255]) < 2);
});

Deno.test("a terminal with fewer colours uses the palette that its user has set", () => {
  const code = (name: ColorName, env: Record<string, string>) => colorCode(name, (key) => env[key]);
  equal(code("bad", {}), "\x1b[31m");
  equal(code("bad", { TERM: "linux" }), "\x1b[31m");
  equal(code("bad", { TERM: "xterm-256color" }), "\x1b[38;5;160m");
  equal(code("bad", { TERM: "foot", COLORTERM: "truecolor" }), "\x1b[38;5;160m");
});
