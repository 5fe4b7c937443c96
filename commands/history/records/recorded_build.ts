import type { BuildHistoryRecord, StatusResponse } from "../../../proto/gen/control.ts";
import { Status } from "../../../proto/gen/status.ts";
import { wholeBlob } from "../../../buildkit/content.ts";
import type { Store } from "../../../builders/store/store.ts";
import type { Deps } from "../../../cli/deps.ts";
import type { Nodes } from "../../../cli/builders/reached_nodes.ts";
import { type Source, sourceExcerpt, sourcesOf } from "../../../progress/source_excerpt.ts";
import { withLines } from "../../../progress/timeline/dockerfile_lines.ts";
import { recordTimeline, type TimelineRecorder } from "../../../progress/timeline/record.ts";
import type { Timeline } from "../../../progress/timeline/timeline.ts";
import { type Attachment, attachmentsOf } from "./attachments.ts";
import { displayName } from "./display_name.ts";
import { readLocalState } from "./local_state.ts";
import { type Provenance, provenanceOf } from "./provenance.ts";
import { endedRecord, type HistoryRecord, queryRecords } from "./records.ts";

/** A build as its records tell it: its steps in time, and the facts about them. */
export interface RecordedBuild {
  readonly found: HistoryRecord;
  /** The name for people; the reference if it has none. */
  readonly title: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly timeline: Timeline;
  readonly outcome: "finished" | "failed" | "canceled";
  /** Empty unless it failed or was canceled. */
  readonly error: string;
  /** The lines of the Dockerfile around the failure; empty if the error is about none. */
  readonly excerpt: string;
  readonly provenance: Provenance | undefined;
  readonly attachments: readonly Attachment[];
}

type Context = Pick<Deps, "clock" | "signal"> & { readonly store: Store };

/**
 * Reads a build with all its parts. If a build ran on several nodes, each node has recorded its own
 * part. A running build is followed until it ends.
 * @param onWait called before it waits for a running build
 */
export async function readBuild(
  nodes: Nodes,
  found: HistoryRecord,
  context: Context,
  onWait: () => void = () => {},
): Promise<RecordedBuild> {
  const { signal } = context;
  const parts = await queryRecords(nodes, { ref: found.record.Ref, signal });
  if (parts.some(({ record }) => record.CompletedAt === undefined)) onWait();
  const recorder = recordTimeline();
  const ended = await endedParts(parts, recorder, context);
  return await describeBuild(ended.length > 0 ? ended : [found], recorder, context);
}

/**
 * Adds the progress of a build's parts to the recorder until they end. Resolves to the last
 * records.
 */
export async function endedParts(
  parts: readonly HistoryRecord[],
  recorder: TimelineRecorder,
  context: Pick<Context, "clock" | "signal">,
): Promise<HistoryRecord[]> {
  return await Promise.all(parts.map(async (part): Promise<HistoryRecord> => {
    const { at, record } = part;
    const take = (status: StatusResponse) =>
      recorder.update(status, context.clock.now(), false, parts.length > 1 ? at.node.name : "");
    await at.client.status(record.Ref, take, { signal: context.signal });
    return { ...part, record: await endedRecord(part, context) };
  }));
}

/** @param parts the records of the build, the newest first; at least one */
export async function describeBuild(
  parts: readonly HistoryRecord[],
  recorder: TimelineRecorder,
  context: Context,
): Promise<RecordedBuild> {
  const { signal, clock } = context;
  const found = parts[0]!;
  const errors = parts.map(({ record }) => record.error?.message ?? "");
  const isCanceled = (error: string) => error.endsWith("canceled");
  // A part that was stopped because another one failed isn't the cause.
  const at = Math.max(
    errors.findIndex((error) => error !== "" && !isCanceled(error)),
    errors.every((error) => error === "" || isCanceled(error)) ? errors.findIndex(isCanceled) : -1,
  );
  const error = errors[at] ?? "";
  const source = at < 0 ? undefined : await failedSource(parts[at]!, signal);
  const attachments: Attachment[] = [];
  let provenance: Provenance | undefined;
  for (const part of parts) {
    const found = await optional(attachmentsOf(part.at.client, part.record, signal), signal) ?? [];
    attachments.push(...found);
    const more = await optional(provenanceOf(part.at.client, found, signal), signal);
    provenance = joined(provenance, more);
  }
  const attrs = joinedAttrs(parts.map(({ record }) => record.FrontendAttrs));
  return {
    found,
    title: displayName(found.record, readLocalState(context.store, found)) || found.record.Ref,
    attrs,
    timeline: withLines(
      recorder.timeline(clock.now()),
      ({ digest }) => provenance?.steps.get(plainDigest(digest))?.source,
      () => source && { name: source.filename, text: new TextDecoder().decode(source.data) },
    ),
    outcome: error === "" ? "finished" : isCanceled(error) ? "canceled" : "failed",
    error,
    excerpt: source === undefined ? "" : sourceExcerpt(source),
    provenance,
    attachments,
  };
}

/** The attributes of a build: each node gets its own platforms, and otherwise the same. */
function joinedAttrs(parts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const keys = new Set(parts.flatMap((attrs) => Object.keys(attrs)));
  return Object.fromEntries([...keys].map((key) => {
    const values = parts.flatMap((attrs) => attrs[key] ?? []);
    return [key, [...new Set(values)].sort().join(",")];
  }));
}

/** A value that a page can do without; undefined if the daemon no longer has it. */
async function optional<T>(value: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** The place in a Dockerfile that a failed build's error is about. */
async function failedSource(
  { at, record }: { readonly at: HistoryRecord["at"]; readonly record: BuildHistoryRecord },
  signal: AbortSignal,
): Promise<Source | undefined> {
  const { externalError } = record;
  if (externalError === undefined) return undefined;
  const bytes = await optional(wholeBlob(at.client, externalError.digest, { signal }), signal);
  if (bytes === undefined) return undefined;
  try {
    return sourcesOf(Status.decode(bytes).details)[0];
  } catch {
    return undefined;
  }
}

function joined(a: Provenance | undefined, b: Provenance | undefined): Provenance | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    steps: new Map([...a.steps, ...b.steps]),
    materials: [...a.materials, ...b.materials],
  };
}

/**
 * The digest of a step's vertex as its daemon has it: the recorder puts the node's name before it.
 */
export function plainDigest(digest: string): string {
  return digest.slice(digest.lastIndexOf(" ") + 1);
}
