import type { BuildHistoryRecord } from "../../../proto/gen/control.ts";
import { parseDuration } from "../../../base/go/duration.ts";
import { quote } from "../../../base/go/quote.ts";
import { nanoseconds, parseMoment } from "../../../base/go/time.ts";
import { UsageError } from "../../../base/usage_error.ts";
import { parseGitRef } from "./git_ref.ts";

/** A condition of `history ls --filter`. */
export interface HistoryFilter {
  /** The filter in the daemon's form. */
  readonly wire: string;
  /** The same filter for the client, because daemons before 0.21 don't filter. */
  readonly matches: (record: BuildHistoryRecord) => boolean;
}

/**
 * Reads `ref|repository|status` with `=` or `!=`, and `startedAt|completedAt|duration` with `<`,
 * `<=`, `>` or `>=`. Throws `UsageError`.
 *
 * buildx 0.36 has the same grammar, but finds the `=` in `<=` first, so that `<=` and `>=` fail.
 *
 * @param now milliseconds since 1970
 */
export function parseHistoryFilter(text: string, now: number): HistoryFilter {
  const parts = /^([^=!<>]*)(!=|<=|>=|=|<|>)(.*)$/s.exec(text);
  if (parts === null) {
    throw new UsageError(
      `invalid filter ${quote(text)}`,
      "write a filter like status=error or duration>1m",
    );
  }
  const [, key = "", operator = "", value = ""] = parts;
  switch (key) {
    case "ref":
    case "repository":
    case "status": {
      if (operator !== "=" && operator !== "!=") {
        throw new UsageError(`invalid separator for ${quote(text)}, expected = or !=`);
      }
      const wire = operator === "!=" ? "!=" : key === "status" ? "==" : "~=";
      return { wire: key + wire + value, matches: valueMatcher(key, operator, value) };
    }
    case "startedAt":
    case "completedAt":
    case "duration": {
      if (operator === "=" || operator === "!=") {
        throw new UsageError(`invalid separator for ${quote(text)}, expected <=, <, >= or >`);
      }
      const limit = key === "duration" ? durationOf(value) : secondsOf(value, now);
      return {
        wire: key + operator + value,
        matches: (record) => compare(operator, timeOf(key, record), limit),
      };
    }
  }
  throw new UsageError(
    `unsupported filter ${quote(text)}`,
    "filters are ref, repository, status, startedAt, completedAt and duration",
  );
}

function valueMatcher(key: "ref" | "repository" | "status", operator: string, value: string) {
  return (record: BuildHistoryRecord) => {
    const actual = key === "ref"
      ? record.Ref
      : key === "status"
      ? statusOf(record)
      : repositoryOf(record);
    if (operator === "!=") return actual !== value;
    return key === "status" ? actual === value : actual.includes(value);
  };
}

/** A record's state as `status` names it. */
export function statusOf({ CompletedAt, error }: BuildHistoryRecord): string {
  if (CompletedAt === undefined) return "running";
  if (error === undefined) return "completed";
  return error.message.includes("context canceled") ? "canceled" : "error";
}

function repositoryOf({ FrontendAttrs }: BuildHistoryRecord): string {
  return FrontendAttrs["vcs:source"] ?? parseGitRef(FrontendAttrs["context"] ?? "")?.remote ?? "";
}

/** Nanoseconds for a duration, which is 0 while the build runs; else seconds since 1970. */
function timeOf(key: "startedAt" | "completedAt" | "duration", record: BuildHistoryRecord): bigint {
  const { CreatedAt = { seconds: 0n, nanos: 0 }, CompletedAt } = record;
  if (key === "startedAt") return CreatedAt.seconds;
  if (CompletedAt === undefined) return 0n;
  return key === "completedAt"
    ? CompletedAt.seconds
    : nanoseconds(CompletedAt) - nanoseconds(CreatedAt);
}

function compare(operator: string, value: bigint, limit: bigint): boolean {
  switch (operator) {
    case ">=":
      return value >= limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
  }
  return value < limit;
}

function durationOf(text: string): bigint {
  try {
    return parseDuration(text);
  } catch {
    throw new UsageError(`invalid duration ${text}`, "write it like 90s or 1h30m");
  }
}

/** A moment, or how long ago it was. */
function secondsOf(text: string, now: number): bigint {
  try {
    return (BigInt(Math.trunc(now)) * 1_000_000n - parseDuration(text)) / 1_000_000_000n;
  } catch {
    const moment = parseMoment(text);
    if (moment !== undefined) return moment.seconds;
    throw new UsageError(
      `invalid time ${text}`,
      "write it like 2026-01-02T03:04:05Z, or 24h for a day ago",
    );
  }
}
