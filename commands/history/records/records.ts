import { listHistory, updateHistory } from "../../../buildkit/history.ts";
import { BuildHistoryEventType, type BuildHistoryRecord } from "../../../proto/gen/control.ts";
import type { Deps } from "../../../cli/deps.ts";
import { csvLine } from "../../../base/go/csv.ts";
import { quote } from "../../../base/go/quote.ts";
import { parseInteger } from "../../../base/go/int.ts";
import { type Moment, nanoseconds, parseMoment } from "../../../base/go/time.ts";
import type { Nodes, ReachedNode } from "../../../cli/builders/reached_nodes.ts";
import { UsageError } from "../../../base/usage_error.ts";
import type { HistoryFilter } from "./filters.ts";

/** A record of a build, and where it is. */
export interface HistoryRecord {
  readonly at: ReachedNode;
  readonly record: BuildHistoryRecord;
  /** The daemon's clock when it was asked. */
  readonly now: Moment | undefined;
}

/** The error for a record that doesn't exist. */
export class NoRecordError extends Error {
  override readonly name = "NoRecordError";
  readonly hint: string;
  /** The errors of nodes that couldn't be asked for the record. */
  readonly above: readonly string[];
  /** @param options.why a reason for which it may be gone */
  constructor(
    message: string,
    options: { cause?: unknown; lostNodes?: readonly string[]; why?: string } = {},
  ) {
    super(message, { cause: options.cause });
    const { why } = options;
    this.hint = `'fairlead history ls' lists the records${why ? `; ${why}` : ""}`;
    this.above = options.lostNodes?.map((line) => `ERROR: ${line}`) ?? [];
  }
}

/** The number of a node's newest records that are read, as in buildx. */
const LIMIT = 50;

export interface Query {
  /** The name of the record; empty for all records. */
  readonly ref?: string;
  /** Leave out running builds. */
  readonly completedOnly?: boolean;
  /** Ask only for running builds. */
  readonly activeOnly?: boolean;
  readonly filters?: readonly HistoryFilter[];
  /** The number of newest records from each node; 0 for all. */
  readonly limit?: number;
  readonly signal: AbortSignal;
}

/** Records of all nodes, the newest first. Failures of nodes stay with `nodes`. */
export async function queryRecords(nodes: Nodes, query: Query): Promise<HistoryRecord[]> {
  const found = await nodes.each(query.signal, (at) => queryNode(at, query));
  return found.flat().sort((a, b) => Number(createdAt(b.record) - createdAt(a.record)));
}

/** Records of one node. */
async function queryNode(at: ReachedNode, query: Query): Promise<HistoryRecord[]> {
  const { ref = "", filters = [] } = query;
  const { events, now } = await listHistory(at.client, {
    Ref: ref,
    ActiveOnly: query.activeOnly ?? false,
    Limit: query.limit ?? LIMIT,
    Filter: filters.length > 0 ? [csvLine(filters.map(({ wire }) => wire))] : [],
  }, { signal: query.signal });
  return events.flatMap(({ type, record }): HistoryRecord[] => {
    if (type === BuildHistoryEventType.DELETED || record === undefined) return [];
    if (query.completedOnly && type !== BuildHistoryEventType.COMPLETE) return [];
    // An old daemon doesn't filter, and sends all records.
    if (!filters.every(({ matches }) => matches(record))) return [];
    return [{ at, record, now: now === undefined ? undefined : parseMoment(now) }];
  });
}

/**
 * Reads an argument REF: a record's name (also as `BUILDER/NODE/NAME`, which buildx prints), `^N`
 * for the N-th record before the newest, or nothing for the newest. Throws `UsageError`.
 */
export function parseRef(text: string): { readonly name: string; readonly offset: number } {
  if (!text.startsWith("^")) {
    // `BUILDER/NODE/` names no record, and must not mean the newest one.
    return { name: text.split("/").at(-1) || text, offset: 0 };
  }
  try {
    return { name: "", offset: Math.max(0, Number(parseInteger(text.slice(1)))) };
  } catch (error) {
    throw new UsageError(
      `invalid offset ${quote(text)}: ${(error as Error).message.replace("ParseInt", "Atoi")}`,
      "the newest record is ^0, the one before it ^1",
    );
  }
}

/**
 * The record that REF means. Throws `NoRecordError`. If no node could be asked, or the newest
 * record may be on a node that couldn't, it throws the failures of the nodes.
 */
export async function findRecord(
  nodes: Nodes,
  text: string,
  query: Omit<Query, "ref" | "filters"> & {
    /** `^N` counts a build on several nodes once. Without it, each part counts, as in buildx. */
    readonly countsBuilds?: boolean;
  },
): Promise<HistoryRecord> {
  const { name, offset } = parseRef(text);
  const parts = await queryRecords(nodes, { ...query, ref: name });
  const builds = Map.groupBy(parts, ({ record }) => record.Ref).values().map(([first]) => first!);
  const records = query.countsBuilds ? [...builds] : parts;
  const found = records[offset];
  if (found !== undefined) return found;
  const failure = nodes.failure();
  if (failure !== undefined && (name === "" || failure.isTotal)) throw failure;
  throw noRecord(text, { missing: offset - records.length, lostNodes: failure?.lines ?? [] });
}

/**
 * The error in buildx's words.
 *
 * @param options.missing how far the argument points beyond the oldest record
 */
export function noRecord(
  text: string,
  { missing = 0, ...options }: { missing?: number; lostNodes?: readonly string[] } = {},
): NoRecordError {
  if (text === "") return new NoRecordError("no records found", options);
  if (text.startsWith("^") && missing > 0) {
    return new NoRecordError(`no completed build found with offset ${missing}`, options);
  }
  // The error of a lost connection refers users to the record.
  const why = "a daemon keeps no record of a build that was running when the daemon ended";
  return new NoRecordError(`no record found for ref ${quote(text)}`, { ...options, why });
}

/** Milliseconds between two queries for the record of a build that has just ended. */
const PAUSE = 100;
const LOOKS = 50;

/**
 * The record of a build whose progress has ended: the daemon completes the record a moment later.
 * Throws `NoRecordError`.
 */
export async function endedRecord(
  { at, record }: HistoryRecord,
  { clock, signal }: Pick<Deps, "clock" | "signal">,
): Promise<BuildHistoryRecord> {
  if (record.CompletedAt !== undefined) return record;
  for (let look = 0; look < LOOKS; look++) {
    const [now] = await queryNode(at, { ref: record.Ref, signal });
    if (now === undefined) break;
    if (now.record.CompletedAt !== undefined) return now.record;
    await clock.sleep(PAUSE, signal);
  }
  throw new NoRecordError(`build ${record.Ref} has ended, but the daemon kept no record of it`);
}

/**
 * The record with its build's trace, which the daemon writes now, and not some seconds later;
 * undefined if the record is gone.
 */
export async function finalized(
  { at, record }: HistoryRecord,
  signal: AbortSignal,
): Promise<HistoryRecord | undefined> {
  await updateHistory(at.client, { Ref: record.Ref, Finalize: true }, { signal });
  const [again] = await queryNode(at, { ref: record.Ref, completedOnly: true, signal });
  return again;
}

/** `BUILDER/NODE/NAME` */
export function fullRef({ at, record }: Pick<HistoryRecord, "at" | "record">): string {
  return `${at.builder.name}/${at.node.name}/${record.Ref}`;
}

/** Nanoseconds since 1970. */
export function createdAt(record: BuildHistoryRecord): bigint {
  return nanoseconds(record.CreatedAt ?? { seconds: 0n, nanos: 0 });
}

/** The nanoseconds that a build took, or has taken so far; undefined if the times are missing. */
export function elapsed(
  { record, now }: Pick<HistoryRecord, "record" | "now">,
): bigint | undefined {
  const end = record.CompletedAt ?? now;
  return end === undefined ? undefined : nanoseconds(end) - createdAt(record);
}

/** `12.3s`, `2m  5s`. */
export function durationText(ns: bigint): string {
  const seconds = Number(ns) / 1e9;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const whole = Math.trunc(seconds);
  return `${Math.trunc(whole / 60)}m ${String(whole % 60).padStart(2)}s`;
}
