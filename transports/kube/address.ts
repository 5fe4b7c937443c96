/** The bytes of an IP address, without brackets: 4 or 16; undefined for a name. */
export function addressBytes(text: string): Uint8Array | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".").map(Number);
    return parts.every((part) => part < 256) ? Uint8Array.from(parts) : undefined;
  }
  const url = text.includes(":") ? URL.parse(`http://[${text}]`) : null;
  if (url === null) return undefined;
  // A URL writes groups of hexadecimal digits, with one gap of zeros at most.
  const [head = [], tail] = url.hostname.slice(1, -1).split("::")
    .map((part) => part.split(":").filter(Boolean));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(zeros).fill("0"), ...tail ?? []];
  return Uint8Array.from(
    groups.map((group) => parseInt(group, 16)).flatMap((n) => [n >> 8, n & 255]),
  );
}

/** Whether an address lies in a range, `10.0.0.0/8`; false where either is none. */
export function inRange(range: string, host: string): boolean {
  const [, base = "", length = ""] = /^(.+)\/(\d+)$/.exec(range) ?? [];
  const [from, asked] = [addressBytes(base), addressBytes(host)];
  if (from === undefined || from.length !== asked?.length || +length > 8 * from.length) {
    return false;
  }
  return from.every((byte, i) => {
    const shift = Math.max(0, 8 - Math.max(0, +length - 8 * i));
    return byte >> shift === asked[i]! >> shift;
  });
}
