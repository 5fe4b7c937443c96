import type { Store } from "../../../builders/store/store.ts";
import type { Deps } from "../../../cli/deps.ts";
import { recordTimeline, type TimelineRecorder } from "../../../progress/timeline/record.ts";
import { wholeBlob } from "../../../buildkit/content.ts";
import { describeBuild, endedParts, type RecordedBuild } from "../records/recorded_build.ts";
import type { HistoryRecord } from "../records/records.ts";
import { parseSpans } from "../trace/spans.ts";
import { withSpans } from "../trace/with_spans.ts";

/** A build that a page shows, from its first request on. */
export interface LiveBuild {
  readonly recorder: TimelineRecorder;
  /** The whole build once it has ended and was read; undefined while it runs. */
  readonly ended: () => RecordedBuild | undefined;
  /** Resolves with the first message about it, or when it can't be read. */
  readonly begun: Promise<void>;
  /** Resolves when it has ended and was read; rejects if it can't be read. */
  readonly whole: Promise<RecordedBuild>;
  /** Calls `listener` after each message about it, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

type Context = Pick<Deps, "clock" | "signal"> & { readonly store: Store };

/** Follows a build until it ends, and reads what its records have besides the progress. */
export function liveBuild(parts: readonly HistoryRecord[], context: Context): LiveBuild {
  const recorder = recordTimeline();
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  const begun = Promise.withResolvers<void>();
  const noticed: TimelineRecorder = {
    update(...args) {
      recorder.update(...args);
      begun.resolve();
      changed();
    },
    timeline: recorder.timeline,
  };
  let ended: RecordedBuild | undefined;
  const read = async () => {
    const all = await endedParts(parts, noticed, context);
    ended = await withTrace(await describeBuild(all, recorder, context), context.signal);
    changed();
    return ended;
  };
  const whole = read();
  whole.catch(changed).finally(begun.resolve);
  return {
    recorder,
    begun: begun.promise,
    ended: () => ended,
    whole,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The build with the operations of its trace, if the daemon has written the trace by now. */
async function withTrace(build: RecordedBuild, signal: AbortSignal): Promise<RecordedBuild> {
  const { at, record } = build.found;
  if (record.trace === undefined) return build;
  try {
    const blob = await wholeBlob(at.client, record.trace.digest, { signal });
    const spans = parseSpans(new TextDecoder().decode(blob));
    return { ...build, timeline: withSpans(build.timeline, spans) };
  } catch (error) {
    if (signal.aborted) throw error;
    return build;
  }
}
