import { formatDuration } from "../duration.ts";
import { milliseconds, type Moment, nanoseconds, rfc3339, timeText, zoneOf } from "../time.ts";

/**
 * Go's time.Duration, in nanoseconds: its text, and its methods that give a number or a duration.
 */
export class GoDuration {
  constructor(readonly nanoseconds: bigint) {}
  Hours(): number {
    return Number(this.nanoseconds) / 3.6e12;
  }
  Minutes(): number {
    return Number(this.nanoseconds) / 6e10;
  }
  Seconds(): number {
    return Number(this.nanoseconds) / 1e9;
  }
  Milliseconds(): bigint {
    return this.nanoseconds / 1_000_000n;
  }
  Microseconds(): bigint {
    return this.nanoseconds / 1_000n;
  }
  Nanoseconds(): bigint {
    return this.nanoseconds;
  }
  /** @param unit in nanoseconds */
  Truncate(unit: number): GoDuration {
    return new GoDuration(this.nanoseconds - this.nanoseconds % BigInt(unit || 1));
  }
  /** @param unit in nanoseconds */
  Round(unit: number): GoDuration {
    const half = BigInt(unit || 1) / 2n;
    return new GoDuration(this.nanoseconds + (this.nanoseconds < 0n ? -half : half)).Truncate(unit);
  }
  String(): string {
    return formatDuration(this.nanoseconds);
  }
  toString(): string {
    return this.String();
  }
  toJSON(): number {
    return Number(this.nanoseconds);
  }
}

/**
 * Go's time.Time: its text for templates, RFC 3339 for JSON, and its methods that give one value.
 */
export class GoTime {
  /**
   * @param offset minutes east of UTC
   * @param zone the name of the time zone, as Go prints it
   */
  constructor(
    readonly moment: Moment,
    readonly offset = 0,
    readonly zone = offset === 0 ? "UTC" : zoneOf(offset, ""),
  ) {}
  Unix(): bigint {
    return this.moment.seconds;
  }
  UnixMilli(): bigint {
    return nanoseconds(this.moment) / 1_000_000n;
  }
  UnixMicro(): bigint {
    return nanoseconds(this.moment) / 1_000n;
  }
  UnixNano(): bigint {
    return nanoseconds(this.moment);
  }
  Year(): number {
    return this.#date.getUTCFullYear();
  }
  Month(): string {
    return MONTHS[this.#date.getUTCMonth()]!;
  }
  Day(): number {
    return this.#date.getUTCDate();
  }
  Weekday(): string {
    return DAYS[this.#date.getUTCDay()]!;
  }
  YearDay(): number {
    const start = Date.UTC(this.Year(), 0, 1);
    return Math.floor((this.#date.getTime() - start) / 86_400_000) + 1;
  }
  Hour(): number {
    return this.#date.getUTCHours();
  }
  Minute(): number {
    return this.#date.getUTCMinutes();
  }
  Second(): number {
    return this.#date.getUTCSeconds();
  }
  Nanosecond(): number {
    return this.moment.nanos;
  }
  UTC(): GoTime {
    return new GoTime(this.moment);
  }
  IsZero(): boolean {
    return this.moment.seconds === -62_135_596_800n && this.moment.nanos === 0;
  }
  Sub(other: GoTime): GoDuration {
    return new GoDuration(nanoseconds(this.moment) - nanoseconds(other.moment));
  }
  Before(other: GoTime): boolean {
    return this.Sub(other).nanoseconds < 0n;
  }
  After(other: GoTime): boolean {
    return this.Sub(other).nanoseconds > 0n;
  }
  Equal(other: GoTime): boolean {
    return this.Sub(other).nanoseconds === 0n;
  }
  /** @param layout a layout of Go, which shows the form of `2006-01-02T15:04:05Z07:00` */
  Format(layout: string): string {
    return layout.replace(LAYOUT, (word) => this.#part(word));
  }
  String(): string {
    return timeText(this.moment, this.offset, this.zone);
  }
  toString(): string {
    return this.String();
  }
  toJSON(): string {
    return rfc3339(this.moment, this.offset);
  }

  /** A date whose parts in UTC equal those of the moment in its own zone. */
  get #date(): Date {
    return new Date(Math.floor(milliseconds(this.moment)) + this.offset * 60_000);
  }

  #part(word: string): string {
    if (/^[.,]/.test(word)) return this.#fraction(word);
    const two = (value: number, filler = "0") => String(value).padStart(2, filler);
    const twelve = this.Hour() % 12 || 12;
    const month = this.#date.getUTCMonth() + 1;
    switch (word) {
      case "2006":
        return String(this.Year()).padStart(4, "0");
      case "06":
        return two(this.Year() % 100);
      case "January":
        return this.Month();
      case "Jan":
        return this.Month().slice(0, 3);
      case "01":
        return two(month);
      case "1":
        return String(month);
      case "Monday":
        return this.Weekday();
      case "Mon":
        return this.Weekday().slice(0, 3);
      case "02":
        return two(this.Day());
      case "_2":
        return two(this.Day(), " ");
      case "2":
        return String(this.Day());
      case "__2":
        return String(this.YearDay()).padStart(3, " ");
      case "002":
        return String(this.YearDay()).padStart(3, "0");
      case "15":
        return two(this.Hour());
      case "03":
        return two(twelve);
      case "3":
        return String(twelve);
      case "04":
        return two(this.Minute());
      case "4":
        return String(this.Minute());
      case "05":
        return two(this.Second());
      case "5":
        return String(this.Second());
      case "PM":
        return this.Hour() < 12 ? "AM" : "PM";
      case "pm":
        return this.Hour() < 12 ? "am" : "pm";
      case "MST":
        return this.zone;
    }
    if (word.startsWith("Z") && this.offset === 0) return "Z";
    const text = zoneOf(this.offset, word.includes(":") ? ":" : "");
    return /^.07$/.test(word) ? text.slice(0, 3) : text;
  }

  /** Prints `.000` with all its digits, `.999` without zeros at the end. */
  #fraction(word: string): string {
    const digits = String(this.moment.nanos).padStart(9, "0").slice(0, word.length - 1);
    if (word[1] === "0") return word[0] + digits;
    const shown = digits.replace(/0+$/, "");
    return shown && word[0] + shown;
  }
}

const MONTHS =
  "January February March April May June July August September October November December"
    .split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** The words of a layout, the longer ones first. A fraction counts only if no digit follows. */
const LAYOUT =
  /January|Jan|Monday|Mon|MST|2006|002|01|02|03|04|05|06|15|PM|pm|[Z-]07:?00|[Z-]07|__2|_2|[.,](?:0+|9+)(?!\d)|[1-5]/g;
