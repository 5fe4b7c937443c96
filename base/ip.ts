/** IP addresses and networks, read and written as Go's package net does it. */

/** A network such as `10.0.0.0/8`. */
export interface Network {
  /** The address as it was written, with the bits behind the prefix: 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Bits that all addresses of the network share: 0 to 32, or 0 to 128. */
  readonly prefix: number;
}

/**
 * The 4 or 16 bytes of an address without brackets and zone: `10.0.0.1`, `::1`, `::ffff:10.0.0.1`.
 * Numbers with leading zeros (`010.0.0.1`) are refused, because programs read them differently.
 * Undefined for any other text.
 */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(":") ? ipv6(text) : ipv4(text);
}

/** `10.0.0.0/8` or `2001:db8::/32`; undefined for any other text, and for an address alone. */
export function parseNetwork(text: string): Network | undefined {
  const [, host = "", length = ""] = /^([^/]+)\/(\d+)$/.exec(text) ?? [];
  const address = parseIp(host);
  if (address === undefined || Number(length) > 8 * address.length) return undefined;
  return { address, prefix: Number(length) };
}

/**
 * Whether an address lies in a network. IPv4 and IPv6 addresses are never in each other's networks.
 */
export function contains({ address, prefix }: Network, ip: Uint8Array): boolean {
  return ip.length === address.length && address.every((byte, i) => {
    const ignored = 8 - Math.min(8, Math.max(0, prefix - 8 * i));
    return byte >> ignored === ip[i]! >> ignored;
  });
}

/**
 * The shortest text of an address; an IPv4 address within IPv6 (`::ffff:10.0.0.1`) is written as
 * IPv4.
 */
export function ipText(address: Uint8Array): string {
  const isMapped = address.length === 16 &&
    address.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  if (address.length === 4 || isMapped) return address.subarray(-4).join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => (address[2 * i]! << 8 | address[2 * i + 1]!).toString(16),
  );
  // `::` replaces the longest run of two or more zeros, the first one of equal length.
  let gap = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > gap.length) gap = { start, length };
  }
  if (gap.length < 2) return groups.join(":");
  return [groups.slice(0, gap.start), groups.slice(gap.start + gap.length)]
    .map((half) => half.join(":")).join("::");
}

function ipv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isAddress = parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isAddress ? Uint8Array.from(parts, Number) : undefined;
}

function ipv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half, i) => bytesOf(half, i === halves.length - 1));
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  const zeros = 16 - left.length - (right?.length ?? 0);
  // `::` replaces at least one group of zeros.
  if (right === undefined ? zeros !== 0 : zeros < 2) return undefined;
  return Uint8Array.from([...left, ...Array<number>(zeros).fill(0), ...right ?? []]);
}

/** The bytes of `2001:db8` or, at the end of an address, `ffff:10.0.0.1`. */
function bytesOf(groups: string, isEnd: boolean): number[] | undefined {
  if (groups === "") return [];
  const bytes: number[] = [];
  const parts = groups.split(":");
  for (const [i, part] of parts.entries()) {
    const tail = isEnd && i === parts.length - 1 ? ipv4(part) : undefined;
    if (tail !== undefined) bytes.push(...tail);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const group = parseInt(part, 16);
      bytes.push(group >> 8, group & 0xff);
    } else return undefined;
  }
  return bytes;
}
