/** Go's durations, `-1h30m5.5s`. */
import { quote } from "../../commands/go/quote.ts";

const units: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** In nanoseconds. Throws an Error. */
export function parseDuration(text: string): bigint {
  const [, sign, rest] = /^([+-]?)([^]*)$/.exec(text)!;
  if (rest === "0") return 0n;
  const invalid = (what = "") => new Error(`time: ${what || "invalid duration"} ${quote(text)}`);
  if (rest === "") throw invalid();
  let total = 0n, at = 0;
  const part = /(\d*)(?:\.(\d*))?([^\d.]*)/y;
  while (at < rest!.length) {
    part.lastIndex = at;
    const [found, whole = "", fraction = "", unit] = part.exec(rest!)!;
    if (whole === "" && fraction === "") throw invalid();
    if (unit === "") throw invalid("missing unit in duration");
    const size = units[unit!];
    if (size === undefined) {
      throw new Error(`time: unknown unit ${quote(unit!)} in duration ${quote(text)}`);
    }
    const digits = fraction.slice(0, 18);
    total += BigInt(whole || "0") * size +
      BigInt(digits || "0") * size / 10n ** BigInt(digits.length);
    if (total > 1n << 63n) throw invalid();
    at += found.length;
  }
  return sign === "-" ? -total : total;
}
