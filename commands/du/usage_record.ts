import type { UsageRecord } from "../../proto/gen/control.ts";
import { formatDecimalBytes } from "../../base/go/bytes.ts";
import { milliseconds, type Moment, timeText } from "../../base/go/time.ts";
import { humanDuration } from "../../base/go/human_duration.ts";

/** The parts of a record of the cache as `du` and `prune` show them. */
export interface UsageTexts {
  readonly size: string;
  /** The time of creation, UTC. */
  readonly createdAt: string;
  /** `2 minutes ago`; empty when it was never used. */
  readonly lastUsed: string;
}

/** @param now milliseconds since 1970 */
export function usageTexts(record: UsageRecord, now: number): UsageTexts {
  return {
    size: sizeText(record.Size),
    createdAt: timeText(record.CreatedAt ?? { seconds: 0n, nanos: 0 }),
    lastUsed: record.LastUsedAt === undefined ? "" : ago(record.LastUsedAt, now),
  };
}

/** A size in decimal units. */
export function sizeText(bytes: bigint): string {
  return formatDecimalBytes(Number(bytes));
}

/** How long ago a moment was. */
export function ago(moment: Moment, now: number): string {
  return `${humanDuration(now - milliseconds(moment))} ago`;
}
