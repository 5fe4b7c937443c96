/**
 * Lines of ssh's configuration: a keyword and its values. Only the values that fairlead uses are
 * checked.
 */
import { SshConfigError } from "./config_error.ts";
import { wordsOf } from "./words.ts";

/** The keywords that hold lists of algorithms. */
export const ALGORITHM_LISTS = ["Ciphers", "MACs", "KexAlgorithms", "HostKeyAlgorithms"] as const;
export type AlgorithmList = typeof ALGORITHM_LISTS[number];

/** Splits a line into its keyword, in lower case, and the text after it. */
export function splitLine(line: string): { keyword: string; rest: string } | undefined {
  const [, keyword, rest] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
  return keyword === undefined ? undefined : { keyword: keyword.toLowerCase(), rest: rest! };
}

/** The words of a line. Throws `SshConfigError` where a quote isn't closed. */
export function wordsAt(place: string, text: string): string[] {
  const words = wordsOf(text);
  if (words !== undefined) return words;
  throw new SshConfigError(place, "a quote isn't closed", "close it, or put a backslash before it");
}

/** Keywords whose values accumulate. */
const GATHERED = new Set(["identityfile", "certificatefile"]);
/** Keywords that hold all the words of a line. */
const LISTS = new Set(["userknownhostsfile", "globalknownhostsfile", "revokedhostkeys"]);
const SWITCHES = ["identitiesonly", "hashknownhosts", "proxyusefdpass"];
/** Keywords that fairlead uses; it ignores all others. */
const USED = new Set([
  ...[...GATHERED, ...LISTS, ...SWITCHES, ...ALGORITHM_LISTS.map((name) => name.toLowerCase())],
  ...["hostname", "user", "port", "identityagent", "hostkeyalias", "proxyjump", "proxycommand"],
  ...["connecttimeout", "stricthostkeychecking", "tag"],
]);
/** Two keywords of which only the first one found counts, unless it is a jump host `none`. */
const PROXIES: Readonly<Record<string, string>> = {
  proxyjump: "proxycommand",
  proxycommand: "proxyjump",
};

/** Whether a line with this keyword would still change the result. */
export function matters(keyword: string, found: ReadonlyMap<string, string[]>): boolean {
  const other = found.get(PROXIES[keyword] ?? "")?.[0];
  if (other !== undefined && !(keyword === "proxycommand" && isNone(other))) return false;
  return USED.has(keyword) && (GATHERED.has(keyword) || !found.has(keyword));
}

/** Adds the values of a line that changes the result. Throws `SshConfigError` for a wrong value. */
export function takeIn(
  found: Map<string, string[]>,
  keyword: string,
  rest: string,
  place: string,
): void {
  // The shell splits a command line.
  const words = keyword === "proxycommand" ? [rest] : wordsAt(place, rest);
  const [first = ""] = words;
  if (first === "") {
    throw new SshConfigError(place, `${keyword} has no value`, "give one, or delete the line");
  }
  const [is, kind] = KINDS[keyword] ?? [];
  if (is !== undefined && !is.test(first)) {
    throw new SshConfigError(place, `${JSON.stringify(first)} is not ${kind}`, "correct that line");
  }
  if (LISTS.has(keyword)) found.set(keyword, words);
  else found.set(keyword, [...found.get(keyword) ?? [], first]);
}

/** A value's pattern, and the description of such a value for errors. */
const KINDS: Readonly<Record<string, readonly [RegExp, string]>> = {
  port: [/^0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/, "a port"],
  connecttimeout: [/^(?:none|(?:\d+[smhdw]?)+)$/i, "a time"],
  stricthostkeychecking: [
    /^(?:yes|true|no|false|off|ask|accept-new)$/i,
    "one of yes, ask, accept-new, no",
  ],
  ...Object.fromEntries(SWITCHES.map((name) => [name, [/^(?:yes|true|no|false)$/i, "yes or no"]])),
};

/** Whether the value is `none`. */
export function isNone(value: string | undefined): boolean {
  return value?.toLowerCase() === "none";
}

export function isOn(value: string | undefined): boolean {
  return /^(?:yes|true)$/i.test(value ?? "");
}

/** Parses a time as OpenSSH writes it (`90`, `1m30s`) into seconds. */
export function secondsOf(time: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  return Array.from(time.toLowerCase().matchAll(/(\d+)([smhdw]?)/g))
    .reduce((sum, [, count, unit]) => sum + Number(count) * units[unit || "s"]!, 0);
}
