import type { Vertex, VertexWarning } from "../proto/gen/control.ts";
import type { LogPieces, LogTail, TailLimit } from "./log_tail.ts";
import type { Spans } from "./spans.ts";
import type { Upload } from "./uploads.ts";

/**
 * The state of a build, which renderers read. Its size doesn't grow with the length of the logs.
 */
export interface State {
  /** Vertexes in the order of their starts, without hidden groups. */
  readonly started: VertexState[];
  /** By digest. Members of a progress group map to their group. */
  readonly byDigest: Map<string, VertexState>;
  /** Warnings in order of arrival, without duplicates. */
  readonly warnings: VertexWarning[];
  readonly warningKeys: Set<string>;
  /** Uploads of this side, in the order of their starts. */
  readonly uploads: Upload[];
  /** The daemon's statuses of transfers that began, by their ID. */
  readonly transfers: Map<string, { readonly vertex: VertexState; readonly status: StatusState }[]>;
  readonly keep: Keep;
  /** The first start of a vertex: the build's duration counts from it. */
  first: { readonly at: number; readonly local: boolean } | undefined;
  /**
   * Our clock minus the daemon's, in ms: the shortest delay between a message's newest time and its
   * arrival. It includes the fastest transit. undefined before the first time.
   */
  skew: number | undefined;
}

export interface VertexState {
  readonly digest: string;
  name: string;
  cached: boolean;
  error: string;
  /** The vertex is ours, and timed by our own clock. */
  readonly local: boolean;
  /** The times at which the vertex ran. */
  readonly spans: Spans;
  /** The statuses that have started, in the order of their starts. */
  readonly statuses: StatusState[];
  readonly statusById: Map<string, StatusState>;
  readonly warnings: VertexWarning[];
  readonly tail: LogTail;
  /** The end of its output with all escape sequences; see `Keep`. */
  recent: string;
  /** The log ended in the middle of a line. */
  openLine: boolean;
  /** The members of a progress group, which is shown as one vertex. */
  readonly members: GroupMembers | undefined;
  /** A progress group hides while only weak members have started. */
  hidden: boolean;
}

export interface GroupMembers {
  readonly byDigest: Map<string, Vertex>;
  /** The number of members that aren't cached. */
  uncached: number;
  /** Digests of the members with an error, in the order in which they failed. */
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

/** The part of each vertex's output that is kept. */
export interface Keep {
  /** The limit for the block that is printed if the vertex fails. */
  readonly tail: TailLimit;
  /** Characters of `recent`, for showing it while it runs; 0 for none. */
  readonly recent: number;
}

/** The changes that one message made. */
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

/** The end of a daemon's error for a vertex that was cancelled, which is no failure. */
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

/** Whether the vertex has ended since its last start. */
export function isCompleted(vertex: VertexState): boolean {
  return vertex.spans.isStarted && !vertex.spans.isRunning;
}

export function isCanceled(vertex: VertexState): boolean {
  return vertex.error.endsWith(CANCELED);
}

/** True if the step itself failed; false if it was stopped because another step failed. */
export function isFailed(vertex: VertexState): boolean {
  return vertex.error !== "" && !isCanceled(vertex);
}

const INTERNAL = /^\[(?:[^\]\s]+ )*(?:internal|auth)\]/;

/**
 * Whether it is the daemon's own work and no step of a Dockerfile: `[internal] load build context`.
 */
export function isInternal({ name }: VertexState): boolean {
  return INTERNAL.test(name);
}

/** The present time by the clock that timed a vertex: ours, or the daemon's. */
export function clockOf(state: State, local: boolean, now: number): number {
  return local ? now : now - (state.skew ?? 0);
}
