/**
 * A build laid out in time, which `page.ts` draws. All times are milliseconds from its beginning.
 */

export interface Timeline {
  /** The duration of the build so far. */
  readonly duration: number;
  /**
   * The beginning, in milliseconds since 1970 by the daemon's clock; 0 for a build without steps.
   */
  readonly origin: number;
  /** The steps in the order of their starts. */
  readonly steps: readonly Step[];
  /** Operations of a trace that belong to no step; absent without a trace. */
  readonly spans?: readonly Span[];
}

/** An operation of a trace (OpenTelemetry). */
export interface Span extends Bar {
  readonly name: string;
  /** The number of operations around it. */
  readonly depth: number;
  readonly failed: boolean;
  /** Attributes and events, a line each. */
  readonly lines: readonly string[];
}

/** One line of the page: a vertex of BuildKit. */
export interface Step {
  readonly name: string;
  /** The digest of the vertex; the ID of a progress group. Unique within its timeline. */
  readonly digest: string;
  /**
   * The digests of the vertexes whose results it needs, in the order in which they were announced.
   */
  readonly inputs: readonly string[];
  /** The node that ran it; empty if the build has one node. */
  readonly node: string;
  /** The line of a Dockerfile that the step comes from. */
  readonly source?: SourceLine;
  readonly outcome: "done" | "cached" | "failed" | "canceled" | "unfinished";
  /** The error of a failed step; else empty. */
  readonly error: string;
  /** The times at which the step ran; several if its result was needed again. Never empty. */
  readonly bars: readonly Bar[];
  readonly transfers: readonly Transfer[];
  /** Its output, each line after the seconds since its start. */
  readonly log: readonly string[];
  /** Lines from the beginning of the log that are not kept. */
  readonly dropped: number;
  readonly warnings: readonly string[];
  /** The step's operations in the trace; absent without a trace. */
  readonly spans?: readonly Span[];
  /** The step is on the critical path. */
  readonly critical: boolean;
}

/** A line of a Dockerfile, counted from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface Bar {
  readonly start: number;
  readonly stop: number;
}

/** A counted part of a step's work: the bytes of a layer or of the context. */
export interface Transfer extends Bar {
  readonly name: string;
  readonly current: number;
  /** 0 if it isn't known. */
  readonly total: number;
}
