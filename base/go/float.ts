import { quote } from "./quote.ts";

/**
 * A number as Go's ParseFloat reads it, in 64 bits: `1.5`, `1e3`, `0x1p4`, `1_000`, `inf`, `nan`.
 * Throws an Error with Go's words.
 */
export function parseFloat64(text: string): number {
  const fail = (reason: string) =>
    new Error(`strconv.ParseFloat: parsing ${quote(text)}: ${reason}`);
  const word = /^([-+]?)inf(?:inity)?$/i.exec(text);
  if (word !== null) return word[1] === "-" ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  const value = numberOf(text);
  if (Number.isNaN(value)) throw fail("invalid syntax");
  if (!Number.isFinite(value)) throw fail("value out of range");
  return value;
}

/** The number of a text; NaN if the text is no number. */
function numberOf(text: string): number {
  const isHex = /^[-+]?0x/i.test(text);
  // `_` may separate two digits, or `0x` and a digit.
  const plain = text.replace(isHex ? /(?<=[0-9a-fx])_(?=[0-9a-f])/gi : /(?<=\d)_(?=\d)/g, "");
  const hex = /^([-+]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([-+]?\d+)$/i.exec(plain);
  if (hex !== null) {
    const [, sign, whole = "", fraction = "", exponent] = hex;
    const size = parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
    return sign === "-" ? -size : size;
  }
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}
