/** Functions of IP networks, such as `10.0.0.0/8`. */
import { ipText, parseNetwork } from "../../../base/ip.ts";
import { ArgumentError, FunctionError } from "../function.ts";
import { STRING } from "../values/type.ts";
import { listOf, stringOf, type Value } from "../values/value.ts";
import { type Args, blame, define, type Functions, integerIn, textIn } from "./define.ts";

interface Network {
  /** The first address, as a number. */
  readonly address: bigint;
  /** 32 or 128. */
  readonly bits: number;
  readonly prefix: number;
}

function parse(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) {
    throw new FunctionError(`invalid CIDR expression: invalid CIDR address: ${text}`);
  }
  const { address, prefix } = network;
  const bits = 8 * address.length;
  return { address: mask(BigInt(`0x${address.toHex()}`), bits, prefix), bits, prefix };
}

function mask(address: bigint, bits: number, prefix: number): bigint {
  const host = BigInt(bits - prefix);
  return (address >> host) << host;
}

function addressText(address: bigint, bits: number): string {
  return ipText(Uint8Array.fromHex(address.toString(16).padStart(bits / 4, "0")));
}

function networkText({ address, bits, prefix }: Network): string {
  // A network of IPv4 addresses within IPv6 is written as IPv4.
  const mapped = bits === 128 && address >> 32n === 0xffffn && prefix >= 96;
  return `${addressText(address, bits)}/${mapped ? prefix - 96 : prefix}`;
}

function cidrhost([prefix, number]: Args): Value {
  const host = BigInt(integerIn(number));
  const { address, bits, prefix: length } = parse(textIn(prefix));
  const most = (1n << BigInt(bits - length)) - 1n;
  if ((host < 0n ? -host - 1n : host) > most) {
    throw new FunctionError(`prefix of ${length} does not accommodate a host numbered ${host}`);
  }
  return stringOf(addressText(address | (host < 0n ? most + 1n + host : host), bits));
}

function cidrnetmask([prefix]: Args): Value {
  const { bits, prefix: length } = parse(textIn(prefix));
  const address = mask((1n << BigInt(bits)) - 1n, bits, length);
  return stringOf(addressText(address, bits));
}

function cidrsubnet([prefix, newBits, number]: Args): Value {
  const more = integerIn(newBits), index = integerIn(number);
  const { address, bits, prefix: length } = parse(textIn(prefix));
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

/** Networks in order of address, each at the first multiple of its size that is free. */
function cidrsubnets([prefix, ...lengths]: Args): Value {
  const network = blame(0, "", () => parse(textIn(prefix)));
  const { address, bits, prefix: length } = network;
  const end = address + (1n << BigInt(bits - length));
  let next = address;
  let current: Network | undefined;
  const subnets = lengths.map((value, i) => {
    const more = blame(i + 1, "", () => integerIn(value));
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
