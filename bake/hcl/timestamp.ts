/** Timestamps of RFC 3339, read strictly. */
import { quote } from "../../base/go/quote.ts";

export interface Time {
  /** Since 1970, whole ones. */
  readonly seconds: number;
  /** Of the second; 0 when not there. */
  readonly nanoseconds?: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

/** Throws an Error that says what is wrong. */
export function parseTimestamp(text: string): Time {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/
    .exec(text);
  if (found === null) throw fail(whyNot(text));
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const bounds: [number, number, number, string][] = [
    [month!, 1, 12, "month"],
    [day!, 1, daysIn(year!, month!), "day"],
    [hour!, 0, 23, "hour"],
    [minute!, 0, 59, "minute"],
    [second!, 0, 59, "second"],
  ];
  for (const [value, least, most, what] of bounds) {
    if (what === "day" && value > most) throw new Error(`${prefix}: day out of range`);
    if (value < least || value > most) {
      throw fail(`${what} must be between ${least} and ${most} inclusive`);
    }
  }
  const [, , , , , , , fraction = "", sign, zoneHours = "0", zoneMinutes = "0"] = found;
  const hours = Number(zoneHours), minutes = Number(zoneMinutes);
  if (hours > 23 || minutes > 59) throw fail(`cannot use ${quote(text.slice(-6))} as UTC offset`);
  const offset = (sign === "-" ? -1 : 1) * (hours * 60 + minutes);
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day);
  date.setUTCHours(hour!, minute, second);
  return {
    seconds: date.getTime() / 1000 - offset * 60,
    nanoseconds: Number(fraction.slice(0, 9).padEnd(9, "0")),
    offset,
  };
}

const prefix = "not a valid RFC3339 timestamp";

function fail(why: string): Error {
  return new Error(`${prefix}: ${why}`);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year === 0 ? 400 : year, month, 0)).getUTCDate();
}

/** The pieces in their order: what each is called, how it looks, what stands behind it. */
const pieces: [string, RegExp, string][] = [
  ["year", /^\d{4}/, "-"],
  ["month", /^\d\d/, "-"],
  ["day of month", /^\d\d/, "T"],
  ["hour", /^\d\d/, ":"],
  ["minute", /^\d\d/, ":"],
  ["second", /^\d\d(?:\.\d+)?/, ""],
  ["UTC offset", /^(?:Z|[+-]\d\d:\d\d)/, ""],
];

function whyNot(text: string): string {
  let rest = text;
  for (const [what, form, separator] of pieces) {
    const found = form.exec(rest)?.[0];
    if (found === undefined) {
      if (rest === "") return `end of string before ${what}`;
      const digits = /^\d*/.exec(rest)![0];
      const twoWanted = what === "hour" || what === "minute";
      if (twoWanted && digits !== "") return `${what} must have exactly two digits`;
      return `cannot use ${quote(rest)} as ${what}`;
    }
    rest = rest.slice(found.length);
    if (rest.startsWith(separator)) rest = rest.slice(separator.length);
    else if (separator === "T") return "missing required time introducer 'T'";
    else if (rest === "") return `end of string where ${quote(separator)} is expected`;
    else return `found ${quote(rest)} where ${quote(separator)} is expected`;
  }
  return `cannot use ${quote(rest)} as timestamp segment`;
}

export function timeText({ seconds, offset }: Time): string {
  const text = new Date((seconds + offset * 60) * 1000).toISOString();
  return text.replace(/\.\d+Z$/, offset === 0 ? "Z" : zoneText(offset));
}

/** `+01:00`. */
export function zoneText(offset: number): string {
  const minutes = Math.abs(offset);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
