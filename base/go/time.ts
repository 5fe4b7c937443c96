/**
 * A moment as seconds and nanoseconds since 1970, as protobuf and Go have it. `Date` is too coarse.
 */
export interface Moment {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** The years 0 to 9999, which RFC 3339 can write, in seconds since 1970. */
const [FIRST, LAST] = [-62_167_219_200n, 253_402_300_799n];

/** @param ms since 1970. */
export function momentOf(ms: number): Moment {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** Whether RFC 3339 can write a moment. */
export function hasDate({ seconds }: Moment): boolean {
  return seconds >= FIRST && seconds <= LAST;
}

/** The nearest moment that has a date: a daemon may send any numbers. */
function dated({ seconds, nanos }: Moment): Moment {
  if (seconds < FIRST) return { seconds: FIRST, nanos: 0 };
  if (seconds > LAST) return { seconds: LAST, nanos: 999_999_999 };
  return { seconds, nanos: Math.min(Math.max(nanos, 0), 999_999_999) };
}

/** Milliseconds since 1970, with their fraction; within the years 0 to 9999. */
export function milliseconds(moment: Moment): number {
  const { seconds, nanos } = dated(moment);
  return Number(seconds) * 1000 + nanos / 1e6;
}

/** Nanoseconds since 1970. */
export function nanoseconds({ seconds, nanos }: Moment): bigint {
  return seconds * 1_000_000_000n + BigInt(nanos);
}

/** A moment of RFC 3339, and the minutes that its zone is east of UTC. */
export interface ZonedMoment {
  readonly moment: Moment;
  readonly offset: number;
}

/** Reads RFC 3339 with any number of decimals; undefined for another text, and for 30 February. */
export function parseZonedMoment(text: string): ZonedMoment | undefined {
  const [, whole, fraction = "", zone, sign, hours = "0", minutes = "0"] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|([-+])(\d\d):(\d\d))$/.exec(text) ?? [];
  if (zone === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const ms = Date.parse(`${whole}Z`);
  // `Date` takes 30 February for 2 March, and 24:00 for the next day.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(whole!)) return undefined;
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const nanos = Number(fraction.slice(0, 9).padEnd(9, "0"));
  return { moment: { seconds: BigInt(ms / 1000 - offset * 60), nanos }, offset };
}

/** The moment of a text of RFC 3339; undefined for another text. */
export function parseMoment(text: string): Moment | undefined {
  return parseZonedMoment(text)?.moment;
}

/**
 * Go's RFC3339Nano: `2026-01-02T03:04:05.6Z`. In UTC, unless `offset` minutes east of it are given.
 */
export function rfc3339(moment: Moment, offset = 0): string {
  const { date, time } = parts(moment, offset);
  return `${date}T${time}${decimals(moment)}${offset === 0 ? "Z" : zoneOf(offset)}`;
}

/** Go's `Time.String`: `2026-01-02 03:04:05.6 +0000 UTC`. */
export function timeText(moment: Moment, offset = 0, zone = "UTC"): string {
  const { date, time } = parts(moment, offset);
  return `${date} ${time}${decimals(moment)} ${zoneOf(offset, "")} ${zone}`;
}

/** To the second: `2026-01-02 03:04:05`. */
export function dateTime(moment: Moment, offset = 0): string {
  const { date, time } = parts(moment, offset);
  return `${date} ${time}`;
}

/** Minutes that local time was east of UTC at a moment. */
export function localOffset(moment: Moment): number {
  return -new Date(milliseconds(moment)).getTimezoneOffset();
}

/** The local zone's name at a moment, or its offset where the system knows no name. */
export function localZone(moment: Moment): string {
  const format = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });
  const parts = format.formatToParts(new Date(milliseconds(moment)));
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function parts(moment: Moment, offset: number) {
  const { seconds } = dated(moment);
  const shifted = new Date((Number(seconds) + offset * 60) * 1000).toISOString();
  const [date = "", time = ""] = shifted.replace(/\.\d+Z$/, "").split("T");
  return { date, time };
}

function decimals(moment: Moment): string {
  const { nanos } = dated(moment);
  return nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
}

/** Minutes east of UTC as `+01:00`, or with another text instead of the colon. */
export function zoneOf(offset: number, colon = ":"): string {
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(hours)}${colon}${two(minutes)}`;
}
