/** Bytes that both sides of a transfer can make, without a short period. */

const PERIOD = 1 << 20;
const twice = new Uint8Array(2 * PERIOD);
for (let i = 0, x = 0x9e3779b9; i < PERIOD; i++) {
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  twice[i] = twice[i + PERIOD] = x;
}

/** `count` bytes (at most 1 MiB) of the pattern from the offset `at`; not to be written to. */
export function patternAt(at: number, count: number): Uint8Array {
  const start = at % PERIOD;
  return twice.subarray(start, start + count);
}
