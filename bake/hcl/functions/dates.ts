/** Functions of time, which is a text of RFC 3339 or a number of seconds since 1970. */
import { ArgumentError, FunctionError } from "../function.ts";
import { parseDuration } from "../../../base/go/duration.ts";
import { quote } from "../../../base/go/quote.ts";
import { hasDate, nanoseconds, rfc3339, type ZonedMoment, zoneOf } from "../../../base/go/time.ts";
import { integerOf, objectOf, stringOf, type Value } from "../values/value.ts";
import { parseTimestamp } from "../values/timestamp.ts";
import { type Args, define, type Functions, numberIn, textIn } from "./define.ts";

const months =
  "January February March April May June July August September October November December"
    .split(" ");
const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const SECOND = 1_000_000_000n;

/** The calendar of a moment in its own zone. */
function localTime({ moment, offset }: ZonedMoment): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Number(moment.seconds) * 1000)
    .toZonedDateTimeISO(zoneOf(offset));
}

/** One letter repeated, text in quotes, or anything else. */
const token = /'(?:[^']|'')*'?|([a-zA-Z])\1*|[^'a-zA-Z]+/gs;

function formatdate(format: string, time: ZonedMoment): string {
  const local = localTime(time);
  return format.replace(token, (found) => {
    if (found.startsWith("'")) return literal(found);
    return /^[a-zA-Z]/.test(found) ? verb(found, local, time.offset) : found;
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

function verb(found: string, local: Temporal.ZonedDateTime, offset: number): string {
  const { hour } = local;
  const zone = zoneOf(offset);
  const byLength: Record<string, readonly (string | undefined)[]> = {
    Y: [, , pad(local.year % 100), , pad(local.year, 4)],
    M: [, ...numbers(local.month), ...words(months[local.month - 1]!)],
    D: [, ...numbers(local.day)],
    E: [, , , ...words(weekdays[local.dayOfWeek % 7]!)],
    h: [, ...numbers(hour)],
    H: [, ...numbers(hour % 12 || 12)],
    A: [, , hour < 12 ? "AM" : "PM"],
    a: [, , hour < 12 ? "am" : "pm"],
    m: [, ...numbers(local.minute)],
    s: [, ...numbers(local.second)],
    Z: [
      ,
      offset === 0 ? "Z" : zone,
      ,
      offset === 0 ? "UTC" : zone.replace(":", ""),
      zone.replace(":", ""),
      zone,
    ],
  };
  const text = byLength[found[0]!]?.[found.length];
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

function timestampArgument(value: Value): ZonedMoment {
  try {
    return parseTimestamp(textIn(value));
  } catch (error) {
    throw new ArgumentError(1, (error as Error).message);
  }
}

/** Seconds since 1970 as a moment in UTC. */
function unixTime(value: Value, index: number): ZonedMoment {
  const seconds = numberIn(value).toInt64();
  if (seconds === undefined) {
    throw new ArgumentError(index, "unix timestamp must be an integer");
  }
  const moment = { seconds, nanos: 0 };
  if (!hasDate(moment)) throw new ArgumentError(index, "unix timestamp is out of range");
  return { moment, offset: 0 };
}

function formattimestamp([format, time]: Args): Value {
  const { kind } = time.type;
  if (kind !== "string" && kind !== "number") {
    throw new ArgumentError(1, "must be a string timestamp or a unix timestamp number");
  }
  if (textIn(format) !== "X") {
    const at = kind === "string" ? timestampArgument(time) : unixTime(time, 1);
    return stringOf(formatdate(textIn(format), at));
  }
  if (kind === "number") return stringOf(String(unixTime(time, 1).moment.seconds));
  try {
    return stringOf(String(parseTimestamp(textIn(time)).moment.seconds));
  } catch {
    throw new ArgumentError(1, "timestamp string must be RFC3339");
  }
}

function timeadd([timestamp, duration]: Args): Value {
  try {
    const { moment, offset } = parseTimestamp(textIn(timestamp));
    const sum = nanoseconds(moment) + parseDuration(textIn(duration));
    const seconds = (sum - ((sum % SECOND) + SECOND) % SECOND) / SECOND;
    const result = { seconds, nanos: 0 };
    if (!hasDate(result)) throw new Error("the result is out of range");
    return stringOf(rfc3339(result, offset));
  } catch (error) {
    throw new FunctionError((error as Error).message);
  }
}

function unixtimestampparse([timestamp]: Args): Value {
  const time = unixTime(timestamp, 0);
  const local = localTime(time);
  const weekday = local.dayOfWeek % 7;
  const entries: [string, Value][] = [
    ["year", integerOf(local.year)],
    ["year_day", integerOf(local.dayOfYear)],
    ["day", integerOf(local.day)],
    ["month", integerOf(local.month)],
    ["month_name", stringOf(months[local.month - 1]!)],
    ["weekday", integerOf(weekday)],
    ["weekday_name", stringOf(weekdays[weekday]!)],
    ["hour", integerOf(local.hour)],
    ["minute", integerOf(local.minute)],
    ["second", integerOf(local.second)],
    ["rfc3339", stringOf(rfc3339(time.moment))],
    ["iso_year", integerOf(local.yearOfWeek!)],
    ["iso_week", integerOf(local.weekOfYear!)],
  ];
  return objectOf(new Map(entries));
}

export const functions: Functions = {
  formatdate: define(
    "format:string time:string",
    ([format, time]) => stringOf(formatdate(textIn(format), timestampArgument(time))),
  ),
  formattimestamp: define("format:string time:any", formattimestamp),
  timeadd: define("timestamp:string duration:string", timeadd),
  timestamp: define(
    "",
    () => stringOf(rfc3339({ seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 })),
  ),
  unixtimestampparse: define("unix_timestamp:number", unixtimestampparse),
};
