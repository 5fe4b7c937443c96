import type { Vertex, VertexWarning } from "../proto/gen/control.ts";
import type { LogPieces, LogTail, TailLimit } from "./log_tail.ts";
import type { Spans } from "./spans.ts";
import type { Upload } from "./uploads.ts";

/** What is known of a build. Renderers read it; nothing in it grows with the length of the logs. */
export interface State {
  /** Vertexes that have started, in that order; groups that hide are not among them. */
  readonly started: VertexState[];
  /** By digest. Members of a progress group map to their group. */
  readonly byDigest: Map<string, VertexState>;
  /** In order of arrival, without those that say the same as an earlier one. */
  readonly warnings: VertexWarning[];
  readonly warningKeys: Set<string>;
  /** Folders that this side sends, in the order of their beginning. */
  readonly uploads: Upload[];
  /** The daemon's statuses of transfers that began, by their ID. */
  readonly transfers: Map<string, { readonly vertex: VertexState; readonly status: StatusState }[]>;
  readonly keep: Keep;
  /** What started first: the build's duration counts from there. */
  first: { readonly at: number; readonly local: boolean } | undefined;
  /**
   * Our clock minus the daemon's, in ms: the least delay seen between a message's newest time and
   * its arrival, which is their difference plus the fastest way here. undefined until a time came.
   */
  skew: number | undefined;
}

export interface VertexState {
  readonly digest: string;
  name: string;
  cached: boolean;
  error: string;
  /** Ours, not the daemon's: its times are of our own clock. */
  readonly local: boolean;
  /** When it ran. */
  readonly spans: Spans;
  /** Those that have started, in that order. */
  readonly statuses: StatusState[];
  readonly statusById: Map<string, StatusState>;
  readonly warnings: VertexWarning[];
  readonly tail: LogTail;
  /** The end of its output as it came, with all escape sequences; see `Keep`. */
  recent: string;
  /** The log ended in the middle of a line. */
  openLine: boolean;
  /** Set for a progress group, which is one vertex to the eye. */
  readonly members: GroupMembers | undefined;
  /** A progress group hides while only weak members have started. */
  hidden: boolean;
}

export interface GroupMembers {
  readonly byDigest: Map<string, Vertex>;
  /** How many are not cached. */
  uncached: number;
  /** Digests of those with an error, in the order in which they failed. */
  readonly failed: Set<string>;
}

export interface StatusState {
  readonly id: string;
  current: number;
  total: number;
  timestamp: number;
  started: number | undefined;
  completed: number | undefined;
  /** Recent progress, oldest first, for the rate of a transfer. */
  readonly samples: { at: number; current: number }[];
}

/** How much of each vertex's output is kept. */
export interface Keep {
  /** For the block that is printed if it fails. */
  readonly tail: TailLimit;
  /** Characters of `recent`, for showing it while it runs; 0 for none. */
  readonly recent: number;
}

/** What one message changed. */
export interface Changes {
  /** Started, ended, renamed … */
  readonly vertexes: Set<VertexState>;
  readonly statuses: { readonly vertex: VertexState; readonly status: StatusState }[];
  readonly warnings: { readonly vertex: VertexState; readonly warning: VertexWarning }[];
  readonly logs: {
    readonly vertex: VertexState;
    readonly text: string;
    readonly log: LogPieces;
  }[];
}

/** The daemon's word for "somebody stopped it": such a vertex is no failure. */
const CANCELED = "context canceled";

export function newState(keep: Keep): State {
  return {
    started: [],
    byDigest: new Map(),
    warnings: [],
    warningKeys: new Set(),
    uploads: [],
    transfers: new Map(),
    keep,
    first: undefined,
    skew: undefined,
  };
}

export function isStarted(vertex: VertexState): boolean {
  return vertex.spans.isStarted;
}

/** Started, and ended since it last started. */
export function isCompleted(vertex: VertexState): boolean {
  return vertex.spans.isStarted && !vertex.spans.isRunning;
}

export function isCanceled(vertex: VertexState): boolean {
  return vertex.error.endsWith(CANCELED);
}

/** It failed by itself; the steps that were stopped because of it have not. */
export function isFailed(vertex: VertexState): boolean {
  return vertex.error !== "" && !isCanceled(vertex);
}

/** What time it is by the clock that timed this vertex. */
export function clockOf(state: State, local: boolean, now: number): number {
  return local ? now : now - (state.skew ?? 0);
}
