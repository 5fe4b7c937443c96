/** Networks as `Match localnetwork` lists them: `192.0.2.0/24`, `2001:db8::/32`, or an address. */

/** Whether an address is in a network; undefined for what is no network. */
export function inNetwork(address: string, network: string): boolean | undefined {
  const [base = "", length, more] = network.split("/");
  const bits = bitsOf(base);
  const count = length === undefined ? bits?.length : /^\d{1,3}$/.test(length) ? +length : NaN;
  if (bits === undefined || more !== undefined || !(count! <= bits.length)) return undefined;
  // As OpenSSH: `192.0.2.1/24` is a slip of the pen.
  if (/1/.test(bits.slice(count))) return undefined;
  const own = bitsOf(address.replace(/%.*/, ""));
  return own?.length === bits.length && own.startsWith(bits.slice(0, count));
}

/** An address as 32 or 128 zeros and ones; undefined for what is none. */
function bitsOf(address: string): string | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (bytes !== undefined) {
    return bytes.every((byte) => byte < 256) ? binary(bytes, 8) : undefined;
  }
  const parts = address.split("::");
  const [head, tail] = parts.map((part) => part === "" ? [] : part.split(":"));
  const gap = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  if (parts.length > 2 || (tail === undefined ? gap !== 0 : gap < 1)) return undefined;
  const groups = [
    ...head!,
    ...Array<string>(tail === undefined ? 0 : gap).fill("0"),
    ...tail ?? [],
  ];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? binary(groups.map((group) => parseInt(group, 16)), 16)
    : undefined;
}

function binary(numbers: readonly number[], width: number): string {
  return numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
}
