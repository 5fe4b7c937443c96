/** Networks as `Match localnetwork` lists them: `192.0.2.0/24`, `2001:db8::/32`, or an address. */
import { contains, type Network, parseIp, parseNetwork } from "../../../base/ip.ts";

/** Whether an address is in a network; undefined for what is no network. */
export function inNetwork(address: string, network: string): boolean | undefined {
  const single = parseIp(network);
  const parsed = single === undefined
    ? parseNetwork(network)
    : { address: single, prefix: 8 * single.length };
  // OpenSSH also refuses an address with host bits, such as `192.0.2.1/24`.
  if (parsed === undefined || !hasZerosOnly(parsed)) return undefined;
  const ip = parseIp(address.replace(/%.*/, ""));
  return ip !== undefined && contains(parsed, ip);
}

/** Whether the bits after the prefix are zeros. */
function hasZerosOnly({ address, prefix }: Network): boolean {
  return address.every((byte, i) => {
    const kept = Math.min(8, Math.max(0, prefix - 8 * i));
    return (byte & 0xff >> kept) === 0;
  });
}
