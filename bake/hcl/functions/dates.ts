/** Points of time: texts of RFC 3339, or seconds since 1970. */
import { ArgumentError, FunctionError } from "../function.ts";
import { parseDuration } from "../../../base/go/duration.ts";
import { quote } from "../../../base/go/quote.ts";
import { integerOf as valueOfInteger, objectOf, stringOf, type Value } from "../value.ts";
import { parseTimestamp, type Time, timeText, zoneText } from "../timestamp.ts";
import { define, type Functions, numberOf, textOf } from "./define.ts";

const months = "January February March April May June July August September October November " +
  "December";
const monthNames = months.split(" ");
const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** One letter repeated, text in quotes, or anything else. */
const token = /'(?:[^']|'')*'?|([a-zA-Z])\1*|[^'a-zA-Z]+/gs;

function formatdate(format: string, time: Time): string {
  const date = new Date(time.seconds * 1000 + time.offset * 60_000);
  return format.replace(token, (found) => {
    if (found.startsWith("'")) return literal(found);
    return /^[a-zA-Z]/.test(found) ? verb(found, date, time) : found;
  });
}

function literal(found: string): string {
  if (found === "''") return "'";
  if (found.length === 1 || !found.endsWith("'")) {
    throw new ArgumentError(0, "unterminated literal '");
  }
  return found.slice(1, -1).replaceAll("''", "'");
}

const rules: Record<string, string> = {
  Y: 'year must either be "YY" or "YYYY"',
  M: 'month must be "M", "MM", "MMM", or "MMMM"',
  D: 'day of month must either be "D" or "DD"',
  E: 'day of week must either be "EEE" or "EEEE"',
  h: '24-hour must either be "h" or "hh"',
  H: '12-hour must either be "H" or "HH"',
  A: 'must be "AA"',
  a: 'must be "aa"',
  m: 'minute must either be "m" or "mm"',
  s: 'second must either be "s" or "ss"',
  Z: "timezone must be Z, ZZZZ, or ZZZZZ",
};

function verb(found: string, date: Date, time: Time): string {
  const hours = date.getUTCHours();
  const forms: Record<string, readonly (string | undefined)[]> = {
    Y: [, , pad(date.getUTCFullYear() % 100), , pad(date.getUTCFullYear(), 4)],
    M: [, ...numbers(date.getUTCMonth() + 1), ...words(monthNames[date.getUTCMonth()]!)],
    D: [, ...numbers(date.getUTCDate())],
    E: [, , , ...words(weekdays[date.getUTCDay()]!)],
    h: [, ...numbers(hours)],
    H: [, ...numbers(hours % 12 || 12)],
    A: [, , hours < 12 ? "AM" : "PM"],
    a: [, , hours < 12 ? "am" : "pm"],
    m: [, ...numbers(date.getUTCMinutes())],
    s: [, ...numbers(date.getUTCSeconds())],
    Z: [
      ,
      time.offset === 0 ? "Z" : zoneText(time.offset),
      ,
      time.offset === 0 ? "UTC" : zoneText(time.offset).replace(":", ""),
      zoneText(time.offset).replace(":", ""),
      zoneText(time.offset),
    ],
  };
  const text = forms[found[0]!]?.[found.length];
  if (text !== undefined) return text;
  const rule = rules[found[0]!];
  const why = rule === undefined ? "" : `: ${rule}`;
  throw new ArgumentError(0, `invalid date format verb ${quote(found)}${why}`);
}

function numbers(value: number): string[] {
  return [String(value), pad(value)];
}

function words(name: string): string[] {
  return [name.slice(0, 3), name];
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

function timestampArgument(value: Value | undefined): Time {
  try {
    return parseTimestamp(textOf(value));
  } catch (error) {
    throw new ArgumentError(1, (error as Error).message);
  }
}

function unixTime(value: Value | undefined, index: number): Time {
  const seconds = numberOf(value).toInt64();
  if (seconds === undefined) {
    throw new ArgumentError(index, "unix timestamp must be an integer");
  }
  if (Math.abs(Number(seconds)) > 8.6e12) {
    throw new ArgumentError(index, "unix timestamp is out of range");
  }
  return { seconds: Number(seconds), offset: 0 };
}

function formattimestamp([format, time]: readonly Value[]): Value {
  const { kind } = time!.type;
  if (kind !== "string" && kind !== "number") {
    throw new ArgumentError(1, "must be a string timestamp or a unix timestamp number");
  }
  if (textOf(format) !== "X") {
    const at = kind === "string" ? timestampArgument(time) : unixTime(time, 1);
    return stringOf(formatdate(textOf(format), at));
  }
  if (kind === "number") return stringOf(String(unixTime(time, 1).seconds));
  try {
    return stringOf(String(parseTimestamp(textOf(time)).seconds));
  } catch {
    throw new ArgumentError(1, "timestamp string must be RFC3339");
  }
}

function timeadd([timestamp, duration]: readonly Value[]): Value {
  try {
    const { seconds, offset, nanoseconds = 0 } = parseTimestamp(textOf(timestamp));
    const sum = BigInt(nanoseconds) + parseDuration(textOf(duration));
    const whole = sum >= 0n ? sum / 1_000_000_000n : -((-sum + 999_999_999n) / 1_000_000_000n);
    return stringOf(timeText({ seconds: seconds + Number(whole), offset }));
  } catch (error) {
    throw new FunctionError((error as Error).message);
  }
}

function unixtimestampparse([timestamp]: readonly Value[]): Value {
  const time = unixTime(timestamp, 0);
  const date = new Date(time.seconds * 1000);
  const year = date.getUTCFullYear();
  const day = (at: Date) => Math.floor(at.getTime() / 86_400_000);
  const weekday = date.getUTCDay();
  // The week belongs to the year that its Thursday is in.
  const thursday = new Date(date.getTime() + (3 - (weekday + 6) % 7) * 86_400_000);
  const isoYear = thursday.getUTCFullYear();
  const first = new Date(Date.UTC(2000, 0, 1));
  first.setUTCFullYear(isoYear);
  const newYear = new Date(first);
  newYear.setUTCFullYear(year);
  const entries: [string, Value][] = [
    ["year", valueOfInteger(year)],
    ["year_day", valueOfInteger(day(date) - day(newYear) + 1)],
    ["day", valueOfInteger(date.getUTCDate())],
    ["month", valueOfInteger(date.getUTCMonth() + 1)],
    ["month_name", stringOf(monthNames[date.getUTCMonth()]!)],
    ["weekday", valueOfInteger(weekday)],
    ["weekday_name", stringOf(weekdays[weekday]!)],
    ["hour", valueOfInteger(date.getUTCHours())],
    ["minute", valueOfInteger(date.getUTCMinutes())],
    ["second", valueOfInteger(date.getUTCSeconds())],
    ["rfc3339", stringOf(timeText(time))],
    ["iso_year", valueOfInteger(isoYear)],
    ["iso_week", valueOfInteger(Math.floor((day(thursday) - day(first)) / 7) + 1)],
  ];
  return objectOf(new Map(entries));
}

export const functions: Functions = {
  formatdate: define(
    "format:string time:string",
    ([format, time]) => stringOf(formatdate(textOf(format), timestampArgument(time))),
  ),
  formattimestamp: define("format:string time:any", formattimestamp),
  timeadd: define("timestamp:string duration:string", timeadd),
  timestamp: define(
    "",
    () => stringOf(timeText({ seconds: Math.floor(Date.now() / 1000), offset: 0 })),
  ),
  unixtimestampparse: define("unix_timestamp:number", unixtimestampparse),
};
