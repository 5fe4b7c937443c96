import { parseMoment } from "../../base/go/time.ts";
import { type StatusResponse, Vertex, VertexLog, VertexStatus } from "../../proto/gen/control.ts";
import type { Timestamp } from "../../proto/gen/google/protobuf/timestamp.ts";
import {
  type Definition,
  type Position,
  ProgressGroup,
  type Range,
  type SourceInfo,
} from "../../proto/gen/pb.ts";
import { messageOf } from "../../proto/message_of.ts";

/**
 * Status streams recorded with `buildx build --progress=rawjson`, read back: one JSON object a
 * line; other lines are not part of the stream.
 */
export function readRecording(text: string): StatusResponse[] {
  return recordedLines(text).map((line) => statusOf(JSON.parse(line)));
}

export function recordedLines(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("{"));
}

interface Json {
  // deno-lint-ignore no-explicit-any
  [key: string]: any;
}

function statusOf(json: Json): StatusResponse {
  return {
    vertexes: list(json.vertexes, ({ progressGroup, ...vertex }: Json) =>
      messageOf(Vertex, {
        ...vertex,
        started: timestamp(vertex.started),
        completed: timestamp(vertex.completed),
        progressGroup: progressGroup && messageOf(ProgressGroup, progressGroup),
      })),
    statuses: list(json.statuses, ({ id, ...status }: Json) =>
      messageOf(VertexStatus, {
        ...status,
        ID: id,
        current: BigInt(status.current),
        total: BigInt(status.total ?? 0),
        timestamp: timestamp(status.timestamp),
        started: timestamp(status.started),
        completed: timestamp(status.completed),
      })),
    logs: list(json.logs, ({ vertex, stream, data, timestamp: at }: Json) =>
      messageOf(VertexLog, {
        ...vertex !== undefined && { vertex },
        stream: BigInt(stream ?? 0),
        msg: bytes(data),
        timestamp: timestamp(at),
      })),
    warnings: list(json.warnings, (warning: Json) => ({
      vertex: warning.vertex ?? "",
      level: BigInt(warning.level ?? 0),
      short: bytes(warning.short),
      detail: list(warning.detail, bytes),
      url: warning.url ?? "",
      info: warning.sourceInfo && info(warning.sourceInfo),
      ranges: list(warning.range, range),
    })),
  };
}

function list<T, U>(values: T[] | undefined, map: (value: T) => U): U[] {
  return (values ?? []).map(map);
}

function bytes(text: string | null | undefined): Uint8Array {
  return Uint8Array.fromBase64(text ?? "");
}

function info(json: Json): SourceInfo {
  return {
    filename: json.filename ?? "",
    data: bytes(json.data),
    definition: json.definition && definition(json.definition),
    language: json.language ?? "",
  };
}

/** As much of a definition as warnings carry. */
function definition(json: Json): Definition {
  const metadata = Object.entries<Json>(json.metadata ?? {}).map(([digest, op]) => [digest, {
    ignoreCache: op.ignore_cache ?? false,
    description: op.description ?? {},
    caps: op.caps ?? {},
    progressGroup: undefined,
  }]);
  const locations = Object.entries<Json>(json.Source?.locations ?? {}).map((
    [digest, { locations }],
  ) => [digest, {
    locations: list(locations, (location: Json) => ({
      sourceIndex: location.sourceIndex ?? 0,
      ranges: list(location.ranges, range),
    })),
  }]);
  return {
    def: list(json.def, bytes),
    metadata: Object.fromEntries(metadata),
    Source: json.Source && {
      locations: Object.fromEntries(locations),
      infos: list(json.Source.infos, info),
    },
  };
}

function range(json: Json): Range {
  return { start: json.start && position(json.start), end: json.end && position(json.end) };
}

function position(json: Json): Position {
  return { line: json.line ?? 0, character: json.character ?? 0 };
}

function timestamp(text: string | undefined): Timestamp | undefined {
  return text === undefined ? undefined : parseMoment(text);
}
