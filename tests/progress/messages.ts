import { momentOf } from "../../base/go/time.ts";
import {
  type StatusResponse,
  Vertex,
  VertexStatus,
  VertexWarning,
} from "../../proto/gen/control.ts";
import { SourceInfo } from "../../proto/gen/pb.ts";
import { messageOf } from "../../proto/message_of.ts";
import { applyStatus } from "../../progress/apply_status.ts";
import { newState, type State } from "../../progress/state.ts";

/** The start of the tests' clock: 2026-01-02T03:04:05Z. */
export const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);

/** One message of a status stream. Times are ms since T0; digests are any short name. */
export interface Brief {
  v?: {
    d: string;
    name?: string;
    start?: number;
    stop?: number;
    inputs?: string[];
    cached?: boolean;
    error?: string;
    group?: { id: string; name: string; weak?: boolean };
  }[];
  s?: {
    v: string;
    id: string;
    at: number;
    start?: number;
    stop?: number;
    current?: number;
    total?: number;
  }[];
  l?: { v: string; at: number; text: string | Uint8Array }[];
  w?: {
    v: string;
    short: string;
    detail?: string[];
    url?: string;
    file?: [string, string, number];
  }[];
}

export function message({ v = [], s = [], l = [], w = [] }: Brief): StatusResponse {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const time = (ms: number | undefined) => ms === undefined ? undefined : momentOf(T0 + ms);
  return {
    vertexes: v.map(({ d, name = d, start, stop, group, ...vertex }) =>
      messageOf(Vertex, {
        ...{ digest: d, name, started: time(start), completed: time(stop), ...vertex },
        progressGroup: group && { weak: false, ...group },
      })
    ),
    statuses: s.map(({ v, id, at, start, stop, current = 0, total = 0 }) =>
      messageOf(VertexStatus, {
        ...{ ID: id, vertex: v, current: BigInt(current), total: BigInt(total) },
        ...{ timestamp: time(at), started: time(start), completed: time(stop) },
      })
    ),
    logs: l.map(({ v, at, text }) => ({
      ...{ vertex: v, timestamp: time(at), stream: 1n },
      msg: typeof text === "string" ? bytes(text) : text,
    })),
    warnings: w.map(({ v, short, detail = [], url = "", file }) =>
      messageOf(VertexWarning, {
        ...{ vertex: v, level: 1n, short: bytes(short), detail: detail.map(bytes), url },
        ...file && {
          info: messageOf(SourceInfo, { filename: file[0], data: bytes(file[1]) }),
          ranges: [{ start: { line: file[2], character: 0 }, end: undefined }],
        },
      })
    ),
  };
}

/** A state after these messages, each arriving at the newest time that it names. */
export function stateOf(...briefs: Brief[]): State {
  const state = newState({ tail: { lines: 10, size: 1000 }, recent: 2000 });
  for (const brief of briefs) {
    const times = [
      ...(brief.v ?? []).flatMap(({ start, stop }) => [start, stop]),
      ...(brief.s ?? []).map(({ at }) => at),
      ...(brief.l ?? []).map(({ at }) => at),
    ].filter((ms) => ms !== undefined);
    applyStatus(state, message(brief), T0 + Math.max(0, ...times));
  }
  return state;
}
