/** Text of the language: compared by code points, counted in grapheme clusters. */
import type { Budget } from "../../budget.ts";
import { quote } from "../../../base/go/quote.ts";
import { editDistance } from "../../../base/nearest.ts";

/** -1, 0 or 1 by the order of UTF-8 bytes. That is the order of code points, not of UTF-16. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i), right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates stand for code points above all others.
    const leftHigh = (left & 0xf800) === 0xd800, rightHigh = (right & 0xf800) === 0xd800;
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

const simple = /^[\x20-\x7e]*$/;
let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text, which a reader takes for one character each: `\r\n` is one. */
export function graphemes(text: string, budget?: Budget): string[] {
  if (simple.test(text)) return text.split("");
  budget?.step(text.length); // Intl.Segmenter is slow
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

export function countGraphemes(text: string, budget?: Budget): number {
  return simple.test(text) ? text.length : graphemes(text, budget).length;
}

/** The first of the names that is one or two edits away. */
function nearest(given: string, names: Iterable<string>): string | undefined {
  for (const name of names) {
    const isFar = Math.abs(given.length - name.length) > 2;
    if (!isFar && editDistance(given, name, { swaps: false }) < 3) return name;
  }
  return undefined;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(given: string, names: Iterable<string>): string {
  const name = nearest(given, names);
  return name === undefined ? "" : ` Did you mean ${quote(name)}?`;
}
