/**
 * The Blowfish cipher as bcrypt uses it. Its tables are the digits of pi behind the point, which are
 * calculated here rather than listed.
 */

/** 16 rounds and two more words; four boxes of 256. */
const ROUND_WORDS = 18;
const WORDS = ROUND_WORDS + 4 * 256;

export class Blowfish {
  readonly #rounds: Uint32Array;
  readonly #boxes: Uint32Array;

  constructor() {
    const digits = piWords(WORDS);
    this.#rounds = digits.slice(0, ROUND_WORDS);
    this.#boxes = digits.slice(ROUND_WORDS);
  }

  /** Mixes a key into the tables, and a salt of four words if there is one. */
  expand(key: Uint8Array, salt?: Uint32Array): void {
    for (let i = 0, at = 0; i < ROUND_WORDS; i++) {
      let word = 0;
      for (let n = 0; n < 4; n++, at++) word = word << 8 | key[at % key.length]!;
      this.#rounds[i]! ^= word;
    }
    const block = new Uint32Array(2);
    let turn = 0;
    for (const table of [this.#rounds, this.#boxes]) {
      for (let i = 0; i < table.length; i += 2) {
        if (salt !== undefined) {
          block[0]! ^= salt[turn]!;
          block[1]! ^= salt[turn + 1]!;
          turn = turn ^ 2;
        }
        this.encrypt(block, 0);
        table[i] = block[0]!;
        table[i + 1] = block[1]!;
      }
    }
  }

  /** Encrypts two words in place. */
  encrypt(words: Uint32Array, at: number): void {
    const rounds = this.#rounds, boxes = this.#boxes;
    let left = words[at]! ^ rounds[0]!, right = words[at + 1]!;
    for (let i = 1; i <= 16; i += 2) {
      right ^= mix(boxes, left) ^ rounds[i]!;
      left ^= mix(boxes, right) ^ rounds[i + 1]!;
    }
    words[at] = right ^ rounds[17]!;
    words[at + 1] = left;
  }
}

function mix(boxes: Uint32Array, word: number): number {
  const sum = boxes[word >>> 24]! + boxes[256 + (word >>> 16 & 255)]! | 0;
  return (sum ^ boxes[512 + (word >>> 8 & 255)]!) + boxes[768 + (word & 255)]! | 0;
}

/** The fraction of pi, in words of 32 bits, by Machin's formula. */
function piWords(count: number): Uint32Array {
  const spare = 64n;
  const bits = BigInt(count) * 32n + spare;
  const pi = 4n * (4n * arctan(5n, bits) - arctan(239n, bits)) >> spare;
  const words = new Uint32Array(count);
  const hex = (pi & ((1n << BigInt(count) * 32n) - 1n)).toString(16).padStart(count * 8, "0");
  for (let i = 0; i < count; i++) words[i] = parseInt(hex.slice(i * 8, i * 8 + 8), 16);
  return words;
}

/** arctan(1/x), in units of 2**-bits. */
function arctan(x: bigint, bits: bigint): bigint {
  let power = (1n << bits) / x, sum = power;
  for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
    power /= x * x;
    sum += sign * (power / n);
  }
  return sum;
}
