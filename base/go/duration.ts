import { quote } from "./quote.ts";

/** Nanoseconds in a unit, as Go's time package spells it. */
const units: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  "µs": 1_000n,
  "μs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const longest = (1n << 63n) - 1n;

/**
 * Go's duration grammar (`20s`, `1h30m`, `1.5s`, `-2m`, `0`), in nanoseconds.
 * Throws an Error with Go's text; the longest duration is about 292 years.
 */
export function parseDuration(text: string): bigint {
  const invalid = () => new Error(`time: invalid duration ${quote(text)}`);
  const negative = text.startsWith("-");
  let rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0n;
  if (rest === "") throw invalid();
  let sum = 0n;
  while (rest !== "") {
    const part = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest)!;
    const [whole, integer = "", fraction = ""] = part;
    if (integer === "" && fraction === "") throw invalid();
    rest = rest.slice(whole.length);
    const unit = /^[^.0-9]+/.exec(rest)?.[0];
    if (unit === undefined) throw new Error(`time: missing unit in duration ${quote(text)}`);
    const size = units[unit];
    if (size === undefined) {
      throw new Error(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    }
    rest = rest.slice(unit.length);
    sum += BigInt(integer || "0") * size;
    if (fraction) sum += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
    if (sum > longest) throw invalid();
  }
  return negative ? -sum : sum;
}

/** A duration in nanoseconds as Go prints it: `20s`, `1h30m0s`, `1.5s`, `250ms`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `size / unit` with as many decimals as it has; `unit` is a power of ten. */
function decimal(size: bigint, unit: bigint): string {
  const fraction = (size % unit).toString().padStart(unit.toString().length - 1, "0");
  const shown = fraction.replace(/0+$/, "");
  return shown ? `${size / unit}.${shown}` : `${size / unit}`;
}
