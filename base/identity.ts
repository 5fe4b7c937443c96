/**
 * A new id for a build or a session: 25 characters of base 36, as BuildKit's own are. They are 17
 * random bytes with the top bit set, as one number without its first digit, which is not random.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(17));
  bytes[0]! |= 0x80;
  const text = BigInt(`0x${bytes.toHex()}`).toString(36);
  return text.slice(1, 26);
}
