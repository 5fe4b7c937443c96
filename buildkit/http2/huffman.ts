/**
 * Reading HPACK's Huffman code (RFC 7541 §5.2). A canonical code needs no tree. The codes of one
 * length are consecutive numbers, so a code is known by its length and its distance from that
 * length's first.
 */
import { HUFFMAN_BITS } from "./hpack_tables.ts";

const SHORTEST = 5;
const LONGEST = 30;
const EOS = 256;

/**
 * For each length: how many codes there are, the first, and where their symbols start in `symbols`.
 */
const count: number[] = new Array(LONGEST + 1).fill(0);
const first: number[] = new Array(LONGEST + 1).fill(0);
const start: number[] = new Array(LONGEST + 1).fill(0);
const symbols: number[] = new Array(EOS + 1).fill(0);

// Each symbol is visited twice, and not once for each length, because this runs uncompiled at every
// start.
for (const bits of HUFFMAN_BITS) count[bits]!++;
for (let bits = SHORTEST; bits <= LONGEST; bits++) {
  first[bits] = (first[bits - 1]! + count[bits - 1]!) * 2;
  start[bits] = start[bits - 1]! + count[bits - 1]!;
}
const next = start.slice();
HUFFMAN_BITS.forEach((bits, symbol) => symbols[next[bits]!++] = symbol);

/**
 * Decodes `from[at..end)` into `into`, which must hold (end - at) * 8 / 5 bytes. Returns the count,
 * or -1 where the code is wrong: EOS inside, padding of 8 bits or more, or padding that is not all
 * ones.
 */
export function huffmanDecode(from: Uint8Array, at: number, end: number, into: Uint8Array): number {
  let written = 0;
  let code = 0;
  let bits = 0;
  for (let i = at; i < end; i++) {
    const byte = from[i]!;
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      bits++;
      if (bits < SHORTEST) continue;
      const distance = code - first[bits]!;
      if (distance >= count[bits]!) {
        if (bits === LONGEST) return -1;
        continue;
      }
      const symbol = symbols[start[bits]! + distance]!;
      if (symbol === EOS) return -1;
      into[written++] = symbol;
      code = bits = 0;
    }
  }
  return bits < 8 && code === (1 << bits) - 1 ? written : -1;
}
