/** Strings as ssh has them on the wire (RFC 4251 §5): the length in four bytes, then the bytes. */

/** Strings one behind the other. Throws `RangeError` for what is cut off. */
export function stringsIn(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) throw new RangeError("it is cut off");
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

/** The reverse. */
export function stringsOf(strings: readonly Uint8Array[]): Uint8Array {
  const size = strings.reduce((sum, part) => sum + 4 + part.length, 0);
  const whole = new Uint8Array(size);
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of strings) {
    view.setUint32(at, part.length);
    whole.set(part, at + 4);
    at += 4 + part.length;
  }
  return whole;
}
