/** A decimal number for printing, as digits and an exponent: `0.DIGITS * 10**point`. */
export class Decimal {
  private constructor(private digits: string, private point: number) {}

  /** `mantissa * 2**exponent`, exact. */
  static of(mantissa: bigint, exponent: number): Decimal {
    if (mantissa === 0n) return new Decimal("", 0);
    if (exponent >= 0) {
      const text = (mantissa << BigInt(exponent)).toString();
      return new Decimal(text, text.length).trim();
    }
    const text = (mantissa * 5n ** BigInt(-exponent)).toString();
    return new Decimal(text, text.length + exponent).trim();
  }

  /**
   * Cuts to the fewest digits that lie within half a unit of the last of `precision` bits. This
   * follows Go's algorithm digit by digit, because another algorithm may choose other digits.
   */
  roundShortest(mantissa: bigint, exponent: number, bits: number, precision: number): void {
    if (this.digits === "") return;
    const shift = bits - (precision + 1);
    const unit = shift < 0 ? mantissa << BigInt(-shift) : mantissa >> BigInt(shift);
    const lower = Decimal.of(unit - 1n, exponent + shift);
    const upper = Decimal.of(unit + 1n, exponent + shift);
    const inclusive = (unit & 2n) === 0n;
    for (let i = 0; i < this.digits.length; i++) {
      const digit = this.digit(i), low = lower.digit(i), up = upper.digit(i);
      const down = low !== digit || (inclusive && i + 1 === lower.digits.length);
      const roundUp = digit !== up &&
        (inclusive || digit + 1 < up || i + 1 < upper.digits.length);
      if (down && roundUp) return this.round(i + 1);
      if (down) return this.cut(i + 1);
      if (roundUp) return this.raise(i + 1);
    }
  }

  /**
   * @param precision digits after the point, or all digits for `g`; undefined for the number's own
   * digits
   */
  format(format: "f" | "e" | "g", precision?: number): string {
    const shortest = precision === undefined;
    const { digits, point } = this;
    let wanted = precision ??
      (format === "e"
        ? digits.length - 1
        : format === "f"
        ? Math.max(digits.length - point, 0)
        : digits.length);
    if (!shortest) {
      if (format === "e") this.round(1 + wanted);
      else if (format === "f") this.round(this.point + wanted);
      else this.round(wanted = wanted || 1);
    }
    if (format === "e") return this.scientific(wanted);
    if (format === "f") return this.plain(wanted);
    return this.general(wanted, shortest);
  }

  private general(precision: number, shortest: boolean): string {
    const { length } = this.digits;
    let limit = precision;
    if (limit > length && length >= this.point) limit = length;
    if (shortest) limit = 6;
    const exponent = this.point - 1;
    if (exponent < -4 || exponent >= limit) return this.scientific(Math.min(precision, length) - 1);
    if (precision > this.point) precision = length;
    return this.plain(Math.max(precision - this.point, 0));
  }

  private plain(precision: number): string {
    const whole = this.point > 0 ? this.digits.slice(0, this.point).padEnd(this.point, "0") : "0";
    if (precision <= 0) return whole;
    let fraction = "";
    for (let i = 0; i < precision; i++) fraction += this.digits[this.point + i] ?? "0";
    return `${whole}.${fraction}`;
  }

  private scientific(precision: number): string {
    const first = this.digits[0] ?? "0";
    const rest = this.digits.slice(1, 1 + Math.max(0, precision)).padEnd(precision, "0");
    const exponent = this.digits === "" ? 0 : this.point - 1;
    const sign = exponent < 0 ? "-" : "+";
    const power = Math.abs(exponent).toString().padStart(2, "0");
    return `${first}${precision > 0 ? `.${rest}` : ""}e${sign}${power}`;
  }

  private digit(at: number): number {
    return at < this.digits.length ? this.digits.charCodeAt(at) - 48 : 0;
  }

  private round(count: number): void {
    if (count < 0 || count >= this.digits.length) return;
    const tie = this.digits[count] === "5" && count + 1 === this.digits.length;
    const up = tie ? count > 0 && this.digit(count - 1) % 2 === 1 : this.digit(count) >= 5;
    if (up) this.raise(count);
    else this.cut(count);
  }

  private cut(count: number): void {
    if (count < 0 || count >= this.digits.length) return;
    this.digits = this.digits.slice(0, count);
    this.trim();
  }

  private raise(count: number): void {
    if (count < 0 || count >= this.digits.length) return;
    while (count > 0 && this.digits[count - 1] === "9") count--;
    if (count === 0) {
      this.digits = "1";
      this.point++;
    } else {
      this.digits = this.digits.slice(0, count - 1) + String(this.digit(count - 1) + 1);
    }
  }

  private trim(): this {
    let end = this.digits.length;
    while (end > 0 && this.digits[end - 1] === "0") end--;
    this.digits = this.digits.slice(0, end);
    if (this.digits === "") this.point = 0;
    return this;
  }
}
