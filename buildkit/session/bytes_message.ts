/** What stands before the `length` bytes of data in a BytesMessage: the tag of field 1, the length. */
export function bytesMessageHead(length: number): Uint8Array {
  const head = [0x0a];
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  return new Uint8Array(head);
}
