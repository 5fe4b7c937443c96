/**
 * How many columns text takes on a terminal. By character, as terminals' own `wcwidth` does it, not
 * by grapheme: where the two differ (joined emoji) the sum is the larger and thus the safe one.
 */

const ASCII = /^[\x20-\x7e]*$/;
/** East Asian scripts, and forms of full width. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** Columns of one character (a code point): 0, 1 or 2. */
export function charWidth(character: string): number {
  if (ASCII.test(character)) return 1;
  // Written here, so that they are made when they are used: Unicode's classes take their time.
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(character)) return 0;
  if (/^\p{Emoji_Presentation}/u.test(character)) return 2;
  const code = character.codePointAt(0)!;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
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
  return ASCII.test(text) ? text : text.replace(/\p{Cc}/gu, " ");
}
