/**
 * How many columns text takes on a terminal. By character, as terminals' own `wcwidth` does it, not
 * by grapheme: where the two differ (joined emoji) the sum is the larger and thus the safe one.
 */

const ASCII = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
const WIDE = new RegExp(
  "^[\\p{Emoji_Presentation}\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97f" +
    "\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6" +
    "\\u{17000}-\\u{18cff}\\u{1b000}-\\u{1b2ff}\\u{20000}-\\u{3fffd}]",
  "u",
);

/** Columns of one character (a code point): 0, 1 or 2. */
export function charWidth(character: string): number {
  if (ASCII.test(character)) return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += charWidth(character);
  return width;
}

/** As much of the text's beginning as takes no more than `columns`. */
export function cutToWidth(text: string, columns: number): string {
  if (ASCII.test(text)) return text.slice(0, Math.max(0, columns));
  let width = 0;
  let cut = "";
  for (const character of text) {
    width += charWidth(character);
    if (width > columns) break;
    cut += character;
  }
  return cut;
}

/** Without what would move the cursor or change colours; such text comes from other machines. */
export function printable(text: string): string {
  return ASCII.test(text) ? text : text.replace(CONTROLS, " ");
}

const CONTROLS = /\p{Cc}/gu;
