/**
 * Binary floating point of a chosen precision, rounded to nearest even, as in Go's `math/big`. The
 * language prints up to 154 digits of a number, but a double has only 17. Every number carries its
 * precision. A result takes the larger precision of its operands.
 */
import { Decimal } from "./decimal.ts";
import { LimitError } from "../../budget.ts";

/** Bits of precision of literals and of numbers in text. */
const PRECISION = 512;

/** Powers of ten beyond which a literal is refused: it would print as that many digits. */
const MAX_EXPONENT = 10_000;
/** The same for results, in bits. */
const MAX_BITS = 1 << 16;

export class BigFloat {
  constructor(
    /** The sign, of zero too: `-0` exists. */
    readonly negative: boolean,
    /** The digits without the sign: the value is `mantissa * 2**exponent`. */
    readonly mantissa: bigint,
    readonly exponent: number,
    readonly precision: number,
    readonly infinite = false,
  ) {}

  /** Bits that a calculation with this number works on. */
  get bits(): number {
    return this.precision + Math.abs(this.exponent);
  }

  static infinity(negative: boolean): BigFloat {
    return new BigFloat(negative, 0n, 0, PRECISION, true);
  }

  /** An exact integer, with the precision that it needs: 64 bits at least. */
  static ofInteger(value: bigint | number): BigFloat {
    const integer = BigInt(value);
    const mantissa = integer < 0n ? -integer : integer;
    return new BigFloat(integer < 0n, mantissa, 0, Math.max(64, bitLength(mantissa)));
  }

  /** An exact double, with its 53 bits of precision. `NaN` is not allowed. */
  static ofDouble(value: number): BigFloat {
    if (!Number.isFinite(value)) return BigFloat.infinity(value < 0);
    const negative = value < 0 || Object.is(value, -0);
    let rest = Math.abs(value), exponent = 0;
    while (rest !== 0 && !Number.isInteger(rest)) {
      const step = Math.min(1000, 1074 + exponent);
      rest *= 2 ** step;
      exponent -= step;
    }
    return new BigFloat(negative, BigInt(rest), exponent, 53);
  }

  /** Reads decimal text: digits, fraction, exponent, `Inf`; undefined for anything else. */
  static parse(text: string): BigFloat | undefined {
    const word = /^([+-]?)(?:inf|Inf)$/.exec(text);
    if (word) return BigFloat.infinity(word[1] === "-");
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
    if (match === null) return undefined;
    const [, sign, whole = "", fraction = "", power = "0"] = match;
    if (whole === "" && fraction === "") return undefined;
    if (power.length > 8) return undefined;
    if (whole.length + fraction.length > 2 * MAX_EXPONENT) return undefined;
    const exponent = Number(power) - fraction.length;
    const digits = BigInt(whole + fraction);
    if (digits !== 0n && Math.abs(exponent) > MAX_EXPONENT) return undefined;
    const negative = sign === "-";
    if (digits === 0n) return new BigFloat(negative, 0n, 0, PRECISION);
    if (exponent >= 0) return round(negative, digits * 10n ** BigInt(exponent), 0, PRECISION);
    return divide(negative, digits, 10n ** BigInt(-exponent), 0, PRECISION);
  }

  get isZero(): boolean {
    return !this.infinite && this.mantissa === 0n;
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.isZero ? 0 : this.negative ? -1 : 1;
  }

  get isInteger(): boolean {
    if (this.infinite) return false;
    if (this.exponent >= 0 || this.mantissa === 0n) return true;
    return (this.mantissa & ((1n << BigInt(-this.exponent)) - 1n)) === 0n;
  }

  negate(): BigFloat {
    const { negative, mantissa, exponent, precision, infinite } = this;
    return new BigFloat(!negative, mantissa, exponent, precision, infinite);
  }

  absolute(): BigFloat {
    return this.negative ? this.negate() : this;
  }

  /** The integer next to it, towards zero. Throws for infinity. */
  toBigInt(): bigint {
    if (this.infinite) throw new Error("infinity is not an integer");
    const shift = BigInt(Math.abs(this.exponent));
    const whole = this.exponent >= 0 ? this.mantissa << shift : this.mantissa >> shift;
    return this.negative ? -whole : whole;
  }

  /** The value as an integer of 64 bits; undefined for a fraction and for a larger number. */
  toInt64(): bigint | undefined {
    if (!this.isInteger) return undefined;
    const value = this.toBigInt();
    return BigInt.asIntN(64, value) === value ? value : undefined;
  }

  /** The nearest double. All digits are read: fewer could end on the other side of a tie. */
  toDouble(): number {
    if (this.infinite) return this.negative ? -Infinity : Infinity;
    const absolute = Number(Decimal.of(this.mantissa, this.exponent).format("e"));
    return this.negative ? -absolute : absolute;
  }

  compare(other: BigFloat): number {
    if (this.sign !== other.sign) return this.sign < other.sign ? -1 : 1;
    if (this.infinite || other.infinite) {
      if (this.infinite && other.infinite) return 0;
      return this.infinite === !this.negative ? 1 : -1;
    }
    const [a, b] = aligned(this, other);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** Whether two numbers print alike, such as 0.1 read at two precisions. */
  equals(other: BigFloat): boolean {
    if (this.sign !== other.sign) return false;
    if (this.infinite || other.infinite) return this.infinite === other.infinite;
    if (this.isInteger !== other.isInteger) return false;
    if (this.isInteger) return this.toBigInt() === other.toBigInt();
    return this.text("f") === other.text("f");
  }

  /** The sum; undefined for opposing infinities. */
  add(other: BigFloat): BigFloat | undefined {
    if (this.infinite || other.infinite) {
      if (this.infinite && other.infinite && this.negative !== other.negative) return undefined;
      return this.infinite ? this : other;
    }
    const precision = Math.max(this.precision, other.precision);
    const [a, b] = aligned(this, other);
    const sum = a + b;
    const exponent = Math.min(this.exponent, other.exponent);
    if (sum === 0n) return new BigFloat(this.negative && other.negative, 0n, 0, precision);
    return round(sum < 0n, sum < 0n ? -sum : sum, exponent, precision);
  }

  subtract(other: BigFloat): BigFloat | undefined {
    return this.add(other.negate());
  }

  /** The product at the larger precision; undefined for zero times infinity. */
  multiply(other: BigFloat): BigFloat | undefined {
    const negative = this.negative !== other.negative;
    if (this.infinite || other.infinite) {
      return this.isZero || other.isZero ? undefined : BigFloat.infinity(negative);
    }
    const product = round(
      negative,
      this.mantissa * other.mantissa,
      this.exponent + other.exponent,
      PRECISION,
    );
    const needed = product.mantissa.toString(2).lastIndexOf("1") + 1;
    const precision = Math.max(this.precision, other.precision, needed);
    return new BigFloat(negative, product.mantissa, product.exponent, precision);
  }

  /** The quotient; undefined for 0/0 and infinity/infinity. */
  divide(other: BigFloat): BigFloat | undefined {
    const negative = this.negative !== other.negative;
    const precision = Math.max(this.precision, other.precision);
    if (this.infinite) return other.infinite ? undefined : BigFloat.infinity(negative);
    if (other.isZero) return this.isZero ? undefined : BigFloat.infinity(negative);
    if (this.isZero || other.infinite) return new BigFloat(negative, 0n, 0, precision);
    const exponent = this.exponent - other.exponent;
    return divide(negative, this.mantissa, other.mantissa, exponent, precision);
  }

  /** The remainder, with the sign of the dividend. A division by zero leaves the whole dividend. */
  modulo(other: BigFloat): BigFloat | undefined {
    if (this.infinite || other.infinite) return this.multiply(other);
    if (other.isZero) return this;
    const whole = BigFloat.ofInteger(this.divide(other)!.toBigInt());
    const { mantissa, negative } = whole;
    const times = round(
      negative !== other.negative,
      mantissa * other.mantissa,
      other.exponent,
      this.precision,
    );
    const rest = this.subtract(times)!;
    return round(rest.negative, rest.mantissa, rest.exponent, this.precision);
  }

  /**
   * Decimal text: `f` is plain, `e` has an exponent, `g` is the shorter of both. Without `digits`,
   * the result is the shortest text that reads as this number at its precision.
   */
  text(format: "f" | "e" | "g", digits?: number): string {
    const sign = this.negative ? "-" : "";
    if (this.infinite) return `${sign || "+"}Inf`;
    // The last bit of precision of such an integer is worth less than one, so all its digits count.
    if (
      format === "f" && digits === undefined && this.isInteger &&
      bitLength(this.mantissa) + this.exponent < this.precision
    ) {
      return sign + this.absolute().toBigInt();
    }
    const decimal = Decimal.of(this.mantissa, this.exponent);
    if (digits === undefined) {
      decimal.roundShortest(this.mantissa, this.exponent, bitLength(this.mantissa), this.precision);
    }
    return sign + decimal.format(format, digits);
  }
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(parseInt(hex[0]!, 16)));
}

/** Both values in units of the smaller exponent. */
function aligned(a: BigFloat, b: BigFloat): [bigint, bigint] {
  const distance = a.exponent - b.exponent;
  let [left, right] = [a.mantissa, b.mantissa];
  if (distance > 0) left <<= BigInt(distance);
  else right <<= BigInt(-distance);
  return [a.negative ? -left : left, b.negative ? -right : right];
}

function round(negative: boolean, mantissa: bigint, exponent: number, precision: number): BigFloat {
  const excess = bitLength(mantissa) - precision;
  if (excess > 0) {
    const shift = BigInt(excess);
    const half = 1n << (shift - 1n);
    const rest = mantissa & ((1n << shift) - 1n);
    mantissa >>= shift;
    exponent += excess;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
  }
  if (Math.abs(exponent) > MAX_BITS) throw new LimitError("a number is too large or too small");
  return new BigFloat(negative, mantissa, exponent, precision);
}

function divide(
  negative: boolean,
  dividend: bigint,
  divisor: bigint,
  exponent: number,
  precision: number,
): BigFloat {
  const shift = Math.max(0, precision + 2 - bitLength(dividend) + bitLength(divisor));
  const shifted = dividend << BigInt(shift);
  let quotient = (shifted / divisor) << 1n;
  if (shifted % divisor !== 0n) quotient |= 1n; // what is cut off still decides a tie
  return round(negative, quotient, exponent - shift - 1, precision);
}
