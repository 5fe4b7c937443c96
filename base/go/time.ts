/** A moment as Go has it: protobuf's seconds and nanoseconds since 1970, where `Date` is too coarse. */
export interface Moment {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** The years 1 to 9999, which are those of protobuf's Timestamp, in seconds since 1970. */
const [FIRST, LAST] = [-62_135_596_800n, 253_402_300_799n];

/** The nearest moment that has a date: a daemon may send any numbers. */
function dated({ seconds, nanos }: Moment): Moment {
  if (seconds < FIRST) return { seconds: FIRST, nanos: 0 };
  if (seconds > LAST) return { seconds: LAST, nanos: 999_999_999 };
  return { seconds, nanos: Math.min(Math.max(nanos, 0), 999_999_999) };
}

/** Milliseconds since 1970, with their fraction; within the years 1 to 9999. */
export function milliseconds(moment: Moment): number {
  const { seconds, nanos } = dated(moment);
  return Number(seconds) * 1000 + nanos / 1e6;
}

/** Nanoseconds since 1970. */
export function nanoseconds({ seconds, nanos }: Moment): bigint {
  return seconds * 1_000_000_000n + BigInt(nanos);
}

/** RFC 3339, with as many decimals as there are; undefined for what is none. */
export function parseMoment(text: string): Moment | undefined {
  const [, whole, fraction = "", zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = Date.parse(`${whole}${zone}`);
  if (whole === undefined || Number.isNaN(ms)) return undefined;
  return { seconds: BigInt(ms / 1000), nanos: Number(fraction.slice(0, 9).padEnd(9, "0")) };
}

/** Go's RFC3339Nano: `2026-01-02T03:04:05.6Z`. In UTC, unless `offset` minutes east of it are given. */
export function rfc3339(moment: Moment, offset = 0): string {
  const { date, time } = parts(moment, offset);
  return `${date}T${time}${decimals(moment)}${offset === 0 ? "Z" : zoneOf(offset, ":")}`;
}

/** What Go's `Time.String` says: `2026-01-02 03:04:05.6 +0000 UTC`. */
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

/** The local zone's name at a moment, as far as the system's language knows one. */
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

function zoneOf(offset: number, colon: string): string {
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(hours)}${colon}${two(minutes)}`;
}
