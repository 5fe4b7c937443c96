import { eastAsianWidth } from "get-east-asian-width";

/**
 * Columns that text takes on a terminal. They are counted by character, as the `wcwidth` of
 * terminals does, and not by grapheme. For joined emoji the sum is too large, which does no harm.
 */

const ASCII = /^[\x20-\x7e]*$/;
/** Columns of one character (a code point): 0, 1 or 2. */
export function charWidth(character: string): number {
  if (ASCII.test(character)) return 1;
  // The pattern is written here, so that it is compiled on first use: Unicode's classes are slow.
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0)!);
}

export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += charWidth(character);
  return width;
}

/** The longest beginning of the text that fits in `columns`. */
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

/**
 * The text without characters that move the cursor or change colours: it comes from other machines.
 */
export function printable(text: string): string {
  return ASCII.test(text) ? text : text.replace(/\p{Cc}/gu, " ");
}
