/**
 * The meaning of a scalar without quotes. YAML 1.2 with go-yaml's additions: numbers of any base
 * with `_` between digits, octal with a leading zero, and dates
 * (https://yaml.org/type/timestamp.html). The words `yes` and `on` are text.
 */
import { Timestamp, type Value } from "./value.ts";

const spellings: readonly (readonly [value: Value, words: string])[] = [
  [null, " ~ null Null NULL"],
  [true, "true True TRUE"],
  [false, "false False FALSE"],
  [NaN, ".nan .NaN .NAN"],
  [Infinity, ".inf .Inf .INF +.inf +.Inf +.INF"],
  [-Infinity, "-.inf -.Inf -.INF"],
];
const words = new Map(
  spellings.flatMap(([value, words]) => words.split(" ").map((word) => [word, value])),
);

export function plainScalar(text: string): Value {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text)) return text;
  return integer(text.replaceAll("_", "")) ?? float(text.replaceAll("_", "")) ??
    timestamp(text) ?? text;
}

const bases: readonly [RegExp, number][] = [
  [/^([-+]?)0[xX]([\da-fA-F]+)$/, 16],
  [/^([-+]?)0[bB]([01]+)$/, 2],
  [/^([-+]?)0[oO]?([0-7]+)$/, 8],
  [/^([-+]?)([1-9]\d*|0)$/, 10],
];

/** An integer of 64 bits. A larger number is a float. */
function integer(text: string): bigint | number | undefined {
  for (const [pattern, base] of bases) {
    const [, sign, digits] = text.match(pattern) ?? [];
    if (digits === undefined) continue;
    if (sign === "-" && /^0+$/.test(digits)) return -0;
    const prefix = { 16: "0x", 2: "0b", 8: "0o", 10: "" }[base]!;
    const value = BigInt(prefix + digits) * (sign === "-" ? -1n : 1n);
    return value < -(2n ** 63n) || value >= 2n ** 64n ? undefined : value;
  }
  return undefined;
}

function float(text: string): number | undefined {
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const date = /^(\d{4})-(\d\d?)-(\d\d?)$/;
const moment =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|\s+)(\d\d?):(\d\d):(\d\d)(?:\.(\d+))?\s*(?:(Z)|([-+]\d\d?)(?::?(\d\d))?)?$/;

/** A time in Go's format. */
function timestamp(text: string): Timestamp | undefined {
  const [, year, month, day, hour = "0", minute = "00", second = "00", fraction = "", , zone] =
    text.match(date) ?? text.match(moment) ?? [];
  if (year === undefined || !isDay(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const pad = (text: string) => text.padStart(2, "0");
  const offset = zone === undefined
    ? "+0000 UTC"
    : `${zone[0]}${pad(zone.slice(1))}${text.match(moment)![10] ?? "00"}`;
  const rest = fraction.replace(/0+$/, "");
  return new Timestamp(
    `${year}-${pad(month!)}-${pad(day!)} ${pad(hour)}:${minute}:${second}${rest && `.${rest}`} ` +
      (zone === undefined ? offset : `${offset} ${offset}`),
  );
}

function isDay(year: number, month: number, day: number): boolean {
  const found = new Date(Date.UTC(year, month - 1, day));
  return found.getUTCMonth() === month - 1 && found.getUTCDate() === day;
}
