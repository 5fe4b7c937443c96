/** Collects a build's progress for a timeline, while a display shows it. */
import type { StatusResponse } from "../../proto/gen/control.ts";
import { applyStatus } from "../apply_status.ts";
import { appendTail, emptyTail, type LogTail, trimTail } from "../log_tail.ts";
import {
  clockOf,
  isCanceled,
  isCompleted,
  isFailed,
  newState,
  type State,
  type StatusState,
  type VertexState,
} from "../state.ts";
import { criticalPath, type Node } from "./critical_path.ts";
import type { Bar, Step, Timeline, Transfer } from "./timeline.ts";

export interface TimelineRecorder {
  /**
   * Takes a message of the daemon's Status stream, or of our own vertexes.
   * @param at the time of arrival, ms since 1970
   * @param node the node that the message came from, if the build has several. Nodes share the
   * digests of equal steps, so the timeline's digests begin with the node's name then.
   */
  update(message: StatusResponse, at: number, local: boolean, node?: string): void;
  /** @param now ms since 1970; steps without an end are drawn until then. */
  timeline(now: number): Timeline;
}

/**
 * The recorder keeps the end of each step's output: enough to find an error, in a page of limited
 * size.
 */
const LOG_LIMIT = { lines: 5000, size: 512 * 1024 };
const NOTHING = { tail: { lines: 1, size: 1 }, recent: 0 };

interface Recorded {
  readonly node: string;
  readonly inputs: Set<string>;
  readonly log: LogTail;
}

export function recordTimeline(): TimelineRecorder {
  const state = newState(NOTHING);
  const recorded = new Map<VertexState, Recorded>();

  function recordOf(vertex: VertexState, node = ""): Recorded {
    let record = recorded.get(vertex);
    if (!record) recorded.set(vertex, record = { node, inputs: new Set(), log: emptyTail() });
    return record;
  }

  return {
    update(anyNode, at, local, node = "") {
      const message = node === "" ? anyNode : ofNode(anyNode, node);
      const { logs } = applyStatus(state, message, at, local);
      for (const { digest, inputs } of message.vertexes) {
        const vertex = state.byDigest.get(digest);
        if (!vertex) continue;
        const record = recordOf(vertex, node);
        for (const input of inputs) record.inputs.add(input);
      }
      for (const { vertex, log } of logs) appendTail(recordOf(vertex).log, log, LOG_LIMIT);
    },
    timeline: (now) => layOut(state, recordOf, now),
  };
}

/** The message with the node's name in its digests. */
function ofNode(message: StatusResponse, node: string): StatusResponse {
  const named = (digest: string) => `${node} ${digest}`;
  const withVertex = <T extends { vertex: string }>(parts: T[]) =>
    parts.map((part) => ({ ...part, vertex: named(part.vertex) }));
  return {
    vertexes: message.vertexes.map((vertex) => ({
      ...vertex,
      digest: named(vertex.digest),
      inputs: vertex.inputs.map(named),
      progressGroup: vertex.progressGroup &&
        { ...vertex.progressGroup, id: named(vertex.progressGroup.id) },
    })),
    statuses: withVertex(message.statuses),
    logs: withVertex(message.logs),
    warnings: withVertex(message.warnings),
  };
}

function layOut(state: State, recordOf: (vertex: VertexState) => Recorded, now: number): Timeline {
  const vertexes = state.started.filter(({ hidden }) => !hidden);
  // The page uses the daemon's clock.
  const shift = (vertex: VertexState) => vertex.local ? state.skew ?? 0 : 0;
  const spansOf = (vertex: VertexState): Bar[] => {
    const until = clockOf(state, vertex.local, now);
    return vertex.spans.list().map(({ start, stop }) => ({
      start: start - shift(vertex),
      stop: Math.max(start, stop ?? until) - shift(vertex),
    }));
  };
  const bars = new Map(vertexes.map((vertex) => [vertex, spansOf(vertex)]));
  let [origin, end] = [Infinity, -Infinity];
  for (const { start, stop } of [...bars.values()].flat()) {
    origin = Math.min(origin, start);
    end = Math.max(end, stop);
  }
  // Steps that were stopped because another failed delayed nothing.
  const awaited = nodesOf(state, bars, recordOf).filter(({ vertex }) => !isCanceled(vertex));
  const critical = new Set(criticalPath(awaited).map(({ vertex }) => vertex));

  const steps = vertexes.map((vertex): Step => {
    const { log, node, inputs } = recordOf(vertex);
    trimTail(log, LOG_LIMIT);
    const moved = (time: number) => time - shift(vertex) - origin;
    return {
      name: vertex.name,
      digest: vertex.digest,
      // A member of a progress group represents its group.
      inputs: [...new Set([...inputs].map((input) => state.byDigest.get(input)?.digest ?? input))],
      node,
      outcome: outcomeOf(vertex),
      error: isFailed(vertex) ? vertex.error : "",
      bars: bars.get(vertex)!.map(({ start, stop }) => ({
        start: start - origin,
        stop: stop - origin,
      })),
      transfers: vertex.statuses.flatMap((status) => {
        const transfer = transferOf(status, moved, end - origin);
        return transfer ? [transfer] : [];
      }),
      log: log.lines,
      dropped: log.dropped,
      warnings: vertex.warnings.map(({ short }) => new TextDecoder().decode(short)),
      critical: critical.has(vertex),
    };
  });
  steps.sort((a, b) => a.bars[0]!.start - b.bars[0]!.start);
  const isEmpty = steps.length === 0;
  return { duration: isEmpty ? 0 : end - origin, origin: isEmpty ? 0 : origin, steps };
}

type VertexNode = Node & { readonly vertex: VertexState; readonly inputs: VertexNode[] };

/** Each vertex with its inputs, from its first start to its last end. */
function nodesOf(
  state: State,
  bars: ReadonlyMap<VertexState, Bar[]>,
  recordOf: (vertex: VertexState) => Recorded,
): VertexNode[] {
  const nodes = new Map<VertexState, VertexNode>();
  for (const vertex of new Set(state.byDigest.values())) {
    const spans = bars.get(vertex) ?? [];
    const [start, stop] = [spans[0]?.start ?? 0, spans.at(-1)?.stop ?? 0];
    nodes.set(vertex, { vertex, start, stop, inputs: [] });
  }
  for (const [vertex, node] of nodes) {
    for (const digest of recordOf(vertex).inputs) {
      const input = state.byDigest.get(digest);
      if (input) node.inputs.push(nodes.get(input)!);
    }
  }
  return [...nodes.values()].filter(({ vertex }) => bars.has(vertex));
}

function outcomeOf(vertex: VertexState): Step["outcome"] {
  if (isFailed(vertex)) return "failed";
  if (isCanceled(vertex)) return "canceled";
  if (vertex.cached) return "cached";
  return isCompleted(vertex) ? "done" : "unfinished";
}

/** Parts without bytes, such as `exporting layers`, are drawn, too. */
function transferOf(
  { id, current, total, started, completed, timestamp }: StatusState,
  moved: (time: number) => number,
  end: number,
): Transfer | undefined {
  if (started === undefined) return undefined;
  const start = moved(started);
  const stop = Math.min(moved(completed ?? Math.max(timestamp, started)), end);
  return { name: id, start, stop: Math.max(start, stop), current, total };
}
