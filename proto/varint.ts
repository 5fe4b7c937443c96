/**
 * A whole number from 0 to 2^53 as protobuf's varint
 * (https://protobuf.dev/programming-guides/encoding/#varints).
 */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  return bytes;
}
