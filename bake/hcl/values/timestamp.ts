/** Timestamps of RFC 3339, refused in the words of go-cty. */
import { quote } from "../../../base/go/quote.ts";
import { parseZonedMoment, type ZonedMoment } from "../../../base/go/time.ts";

/** Reads a timestamp. Throws an Error that explains the problem. */
export function parseTimestamp(text: string): ZonedMoment {
  // Go's reader takes a comma before the decimals, go-cty does not.
  const time = text.includes(",") ? undefined : parseZonedMoment(text);
  if (time !== undefined) return time;
  throw new Error(`not a valid RFC3339 timestamp: ${problemOf(text)}`);
}

/** The pieces of a timestamp in their order: name, form, range of a number, and separator. */
const pieces: [name: string, form: RegExp, range: [number, number] | undefined, next: string][] = [
  ["year", /^\d{4}/, undefined, "-"],
  ["month", /^\d\d/, [1, 12], "-"],
  ["day of month", /^\d\d/, [1, 31], "T"],
  ["hour", /^\d\d/, [0, 23], ":"],
  ["minute", /^\d\d/, [0, 59], ":"],
  ["second", /^\d\d(?:\.\d+)?/, [0, 59], ""],
  ["UTC offset", /^(?:Z|[+-]\d\d:\d\d)/, undefined, ""],
];

function problemOf(text: string): string {
  let rest = text, outOfRange: string | undefined;
  for (const [name, form, range, next] of pieces) {
    const found = form.exec(rest)?.[0];
    if (found === undefined) {
      if (rest === "") return `end of string before ${name}`;
      const twoWanted = name === "hour" || name === "minute";
      if (twoWanted && /^\d/.test(rest)) return `${name} must have exactly two digits`;
      return `cannot use ${quote(rest)} as ${name}`;
    }
    if (name === "UTC offset" && !/^Z|^.(?:[01]\d|2[0-3]):[0-5]\d/.test(found)) {
      outOfRange ??= `cannot use ${quote(found)} as UTC offset`;
    } else if (range !== undefined && (parseInt(found) < range[0] || parseInt(found) > range[1])) {
      const [least, most] = range;
      outOfRange ??= name === "day of month"
        ? "day out of range"
        : `${name} must be between ${least} and ${most} inclusive`;
    }
    rest = rest.slice(found.length);
    if (rest.startsWith(next)) rest = rest.slice(next.length);
    else if (next === "T") return "missing required time introducer 'T'";
    else if (rest === "") return `end of string where ${quote(next)} is expected`;
    else return `found ${quote(rest)} where ${quote(next)} is expected`;
  }
  if (rest !== "") return `cannot use ${quote(rest)} as timestamp segment`;
  return outOfRange ?? "day out of range";
}
