/** A build laid out in time: what `page.ts` draws. All times are milliseconds from its beginning. */

export interface Timeline {
  /** How long it took, or has been watched. */
  readonly duration: number;
  /** In the order of their starts. */
  readonly steps: readonly Step[];
}

/** One line of the page: what BuildKit calls a vertex. */
export interface Step {
  readonly name: string;
  readonly outcome: "done" | "cached" | "failed" | "canceled" | "unfinished";
  /** Why it failed; empty unless it did. */
  readonly error: string;
  /** When it ran: more than once if its result was needed again. Never empty. */
  readonly bars: readonly Bar[];
  readonly transfers: readonly Transfer[];
  /** Its output, each line after the seconds since its start. */
  readonly log: readonly string[];
  /** Lines from the beginning of the log that are not kept. */
  readonly dropped: number;
  readonly warnings: readonly string[];
  /** The build would have been shorter, had this step been. */
  readonly critical: boolean;
}

export interface Bar {
  readonly start: number;
  readonly stop: number;
}

/** A part of a step's work that was counted: bytes of a layer, of the context. */
export interface Transfer extends Bar {
  readonly name: string;
  readonly current: number;
  /** 0 where it isn't known. */
  readonly total: number;
}
