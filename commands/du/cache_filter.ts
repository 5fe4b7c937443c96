import { errorText } from "../../base/error_text.ts";
import { FlagError, UsageError } from "../../base/usage_error.ts";
import { parseDuration } from "../../base/go/duration.ts";
import { quote } from "../../base/go/quote.ts";
import { cut } from "../../base/cut.ts";

/** Filters by name, each with its values, in the order they were given. */
export type Filters = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads `--filter name=value` as docker does: names in any case. Throws `UsageError`. */
export function parseFilters(texts: readonly string[]): Filters {
  const filters = new Map<string, Set<string>>();
  for (const text of texts) {
    if (text === "") continue;
    const [key, value] = cut(text, "=");
    if (value === undefined) {
      throw new FlagError(
        `invalid argument ${quote(text)} for "--filter" flag: ` +
          "bad format of filter (expected name=value)",
        "write NAME=VALUE, for example until=24h",
      );
    }
    add(filters, key.trim().toLowerCase(), value.trim());
  }
  return filters;
}

/**
 * Adds docker's `pruneFilters` (config.json) to the typed filters. If the two contradict each other
 * about a label, the typed one counts.
 */
export function withPruneFilters(filters: Filters, configured: readonly string[]): Filters {
  const all = new Map([...filters].map(([name, values]) => [name, new Set(values)]));
  for (const text of configured) {
    const [name = "", ...rest] = text.split("=");
    if (rest.length === 0) continue;
    const value = rest.join("=");
    const opposite = name === "label" ? "label!" : name === "label!" ? "label" : undefined;
    if (opposite !== undefined && all.get(opposite)?.has(value)) continue;
    add(all, name, value);
  }
  return all;
}

/** The filter of a request to the daemon. */
export interface CacheFilter {
  /** One text in containerd's grammar, its conditions joined by commas; empty for everything. */
  readonly filter: string;
  /** Nanoseconds that a record must have been unused for; 0 for no such limit. */
  readonly unusedFor: bigint;
}

/**
 * The daemon's form of the filters: `id=x` looks inside, `name!=x` and `name~=x` are passed on,
 * other names are compared; `until` (once called `unused-for`) is a duration. Throws `UsageError`.
 */
export function cacheFilter(filters: Filters): CacheFilter {
  if (filters.has("until") && filters.has("unused-for")) {
    throw new UsageError('conflicting filters "until" and "unused-for"');
  }
  const untilName = filters.has("unused-for") ? "unused-for" : "until";
  let unusedFor = 0n;
  const conditions: string[] = [];
  for (const [name, values] of filters) {
    if (values.size > 1) throw new UsageError(`${quote(name)} filter expects only one value`);
    const [value = ""] = values;
    if (name === untilName) unusedFor = age(name, value);
    else if (name === "id") conditions.push(`${name}~=${value}`);
    else conditions.push(`${name}${/[!~]$/.test(name) ? "=" : "=="}${value}`);
  }
  return { filter: conditions.join(","), unusedFor };
}

function age(name: string, value: string): bigint {
  try {
    return parseDuration(value);
  } catch (error) {
    const reason = errorText(error);
    throw new UsageError(`${quote(name)} filter expects a duration (e.g., '24h'): ${reason}`);
  }
}

function add(filters: Map<string, Set<string>>, name: string, value: string) {
  filters.set(name, (filters.get(name) ?? new Set()).add(value));
}
