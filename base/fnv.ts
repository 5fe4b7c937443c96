/**
 * FNV-1a of a text, 64 bits, in hexadecimal without leading zeros: a short name for it, not a
 * secret.
 */
export function fnv(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16);
}
