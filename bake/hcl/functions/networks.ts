/** Blocks of IP addresses, `10.0.0.0/8`. */
import { ArgumentError, FunctionError } from "../function.ts";
import { STRING } from "../type.ts";
import { listOf, stringOf, type Value } from "../value.ts";
import { blame, define, type Functions, integerOf, textOf } from "./define.ts";

interface Network {
  /** The first address, as a number. */
  readonly address: bigint;
  /** 32 or 128. */
  readonly bits: number;
  readonly prefix: number;
}

function parse(text: string): Network {
  const invalid = () => new FunctionError(`invalid CIDR expression: invalid CIDR address: ${text}`);
  const [host, length, ...rest] = text.split("/");
  if (length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) throw invalid();
  const address = parseIPv4(host!) ?? parseIPv6(host!);
  if (address === undefined) throw invalid();
  const bits = host!.includes(":") ? 128 : 32;
  const prefix = Number(length);
  if (prefix > bits || (length.length > 1 && length.startsWith("0"))) throw invalid();
  return { address: mask(address, bits, prefix), bits, prefix };
}

function mask(address: bigint, bits: number, prefix: number): bigint {
  const host = BigInt(bits - prefix);
  return (address >> host) << host;
}

function parseIPv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0n;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address << 8n | BigInt(part);
  }
  return address;
}

function parseIPv6(text: string): bigint | undefined {
  const last = /(?<=:)[\d.]+$/.exec(text)?.[0];
  const tail = last?.includes(".") ? parseIPv4(last) : undefined;
  if (last?.includes(".") && tail === undefined) return undefined;
  const groups = tail === undefined ? text : text.slice(0, -last!.length) +
    `${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const halves = groups.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - left!.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left!, ...Array(missing).fill("0"), ...right ?? []];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((address, group) => address << 16n | BigInt(`0x${group}`), 0n);
}

function addressText(address: bigint, bits: number): string {
  const v4 = bits === 32 || address >> 32n === 0xffffn;
  if (v4) return [24n, 16n, 8n, 0n].map((shift) => address >> shift & 0xffn).join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => (address >> BigInt(112 - 16 * i) & 0xffffn).toString(16),
  );
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  const end = best.start + best.length;
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(end).join(":")}`;
}

function networkText({ address, bits, prefix }: Network): string {
  // An IPv4 block written as one of IPv6 shows as the former.
  const mapped = bits === 128 && address >> 32n === 0xffffn && prefix >= 96;
  return `${addressText(address, bits)}/${mapped ? prefix - 96 : prefix}`;
}

function cidrhost([prefix, number]: readonly Value[]): Value {
  const host = BigInt(integerOf(number));
  const { address, bits, prefix: length } = parse(textOf(prefix));
  const most = (1n << BigInt(bits - length)) - 1n;
  if ((host < 0n ? -host - 1n : host) > most) {
    throw new FunctionError(`prefix of ${length} does not accommodate a host numbered ${host}`);
  }
  return stringOf(addressText(address | (host < 0n ? most + 1n + host : host), bits));
}

function cidrnetmask([prefix]: readonly Value[]): Value {
  const { bits, prefix: length } = parse(textOf(prefix));
  const address = mask((1n << BigInt(bits)) - 1n, bits, length);
  return stringOf(addressText(address, bits));
}

function cidrsubnet([prefix, newBits, number]: readonly Value[]): Value {
  const more = integerOf(newBits), index = integerOf(number);
  const { address, bits, prefix: length } = parse(textOf(prefix));
  if (more > 32) throw new FunctionError("may not extend prefix by more than 32 bits");
  const extended = length + more;
  if (extended > bits) {
    throw new FunctionError(
      `insufficient address space to extend prefix of ${length} by ${more}`,
    );
  }
  if (more < 0 || index < 0 || BigInt(index) >= 1n << BigInt(more)) {
    throw new FunctionError(
      `prefix extension of ${more} does not accommodate a subnet numbered ${index}`,
    );
  }
  const subnet = address | BigInt(index) << BigInt(bits - extended);
  return stringOf(networkText({ address: subnet, bits, prefix: extended }));
}

/** Blocks one behind the other, each starting where one of its size may. */
function cidrsubnets([prefix, ...lengths]: readonly Value[]): Value {
  const network = blame(0, "", () => parse(textOf(prefix)));
  const { address, bits, prefix: length } = network;
  const end = address + (1n << BigInt(bits - length));
  let next = address;
  let current: Network | undefined;
  const subnets = lengths.map((value, i) => {
    const more = blame(i + 1, "", () => integerOf(value));
    const fail = (why: string) => new ArgumentError(i + 1, why);
    if (more < 1) throw fail("must extend prefix by at least one bit");
    if (more > 32) throw fail("may not extend prefix by more than 32 bits");
    const extended = length + more;
    if (extended > bits) {
      const kind = bits === 32 ? "IPv4" : "IPv6";
      throw fail(
        `would extend prefix to ${extended} bits, which is too long for an ${kind} address`,
      );
    }
    const size = 1n << BigInt(bits - extended);
    const start = (next + size - 1n) / size * size;
    if (start + size > end) {
      throw fail(
        `not enough remaining address space for a subnet with a prefix of ${extended} bits after ` +
          networkText(current ?? network),
      );
    }
    next = start + size;
    current = { address: start, bits, prefix: extended };
    return stringOf(networkText(current));
  });
  return listOf(STRING, subnets);
}

export const functions: Functions = {
  cidrhost: define("prefix:string hostnum:number", cidrhost),
  cidrnetmask: define("prefix:string", cidrnetmask),
  cidrsubnet: define("prefix:string newbits:number netnum:number", cidrsubnet),
  cidrsubnets: define("prefix:string ...newbits:number", cidrsubnets),
};
