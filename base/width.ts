import { eastAsianWidth } from "get-east-asian-width";

/**
 * Columns that text takes on a terminal. They are counted by character, as the `wcwidth` of terminals
 * does, and not by grapheme. For joined emoji the sum of the characters is larger, and so is safe.
 */

const ASCII = /^[\x20-\x7e]*$/;
/** Columns of one character (a code point): 0, 1 or 2. */
export function charWidth(character: string): number {
  if (ASCII.test(character)) return 1;
  // The class is written here, so that it is made when it is used: Unicode's classes take their time.
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0)!);
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
