import { goEscaped, omitEmpty } from "../base/go/json.ts";
import type {
  StatusResponse,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../proto/gen/control.ts";
import { rfc3339 } from "../base/go/time.ts";
import type { Timestamp } from "../proto/gen/google/protobuf/timestamp.ts";
import type {
  Definition,
  OpMetadata,
  Position,
  ProgressGroup,
  Range,
  Source,
  SourceInfo,
} from "../proto/gen/pb.ts";

/**
 * A status message as one line of JSON, for other programs. The keys, their order, the omitted
 * fields and the escapes are those of Go's encoder on BuildKit's structures, to the byte.
 */
export function rawJson(message: StatusResponse): string {
  const json = JSON.stringify(
    omitEmpty({
      vertexes: message.vertexes.map(vertexOf),
      statuses: message.statuses.map(statusOf),
      logs: message.logs.map(logOf),
      warnings: message.warnings.map(warningOf),
    }),
  );
  return `${goEscaped(json)}\n`;
}

function vertexOf(vertex: Vertex): object {
  return omitEmpty({
    digest: vertex.digest,
    inputs: vertex.inputs,
    name: vertex.name,
    started: vertex.started && timeOf(vertex.started),
    completed: vertex.completed && timeOf(vertex.completed),
    cached: vertex.cached,
    error: vertex.error,
    progressGroup: vertex.progressGroup && groupOf(vertex.progressGroup),
  });
}

function statusOf(status: VertexStatus): object {
  return {
    id: status.ID,
    ...omitEmpty({ vertex: status.vertex, name: status.name, total: Number(status.total) }),
    current: Number(status.current),
    timestamp: timeOf(status.timestamp),
    ...omitEmpty({
      started: status.started && timeOf(status.started),
      completed: status.completed && timeOf(status.completed),
    }),
  };
}

function logOf(log: VertexLog): object {
  return {
    ...omitEmpty({ vertex: log.vertex, stream: Number(log.stream) }),
    // Go prints a nil slice as null.
    data: log.msg.length > 0 ? log.msg.toBase64() : null,
    timestamp: timeOf(log.timestamp),
  };
}

/** A warning as BuildKit's structure has it in JSON. */
export function warningOf(warning: VertexWarning): object {
  return omitEmpty({
    vertex: warning.vertex,
    level: Number(warning.level),
    short: warning.short.toBase64(),
    detail: warning.detail.map((line) => line.toBase64()),
    url: warning.url,
    sourceInfo: warning.info && infoOf(warning.info),
    range: warning.ranges.map(rangeOf),
  });
}

function infoOf({ filename, data, definition, language }: SourceInfo): object {
  return omitEmpty({
    filename,
    data: data.toBase64(),
    definition: definition && definitionOf(definition),
    language,
  });
}

function definitionOf({ def, metadata, Source }: Definition): object {
  return omitEmpty({
    def: def.map((op) => op.toBase64()),
    metadata: mapOf(metadata, metadataOf),
    Source: Source && sourceOf(Source),
  });
}

function metadataOf(metadata: OpMetadata): object {
  return omitEmpty({
    ignore_cache: metadata.ignoreCache,
    description: mapOf(metadata.description, (value) => value),
    caps: mapOf(metadata.caps, (value) => value),
    progress_group: metadata.progressGroup && groupOf(metadata.progressGroup),
  });
}

function sourceOf({ locations, infos }: Source): object {
  return omitEmpty({
    locations: mapOf(locations, ({ locations }) =>
      omitEmpty({
        locations: locations.map(({ sourceIndex, ranges }) =>
          omitEmpty({ sourceIndex, ranges: ranges.map(rangeOf) })
        ),
      })),
    infos: infos.map(infoOf),
  });
}

function groupOf({ id, name, weak }: ProgressGroup): object {
  return omitEmpty({ id, name, weak });
}

function rangeOf({ start, end }: Range): object {
  return omitEmpty({ start: start && positionOf(start), end: end && positionOf(end) });
}

function positionOf({ line, character }: Position): object {
  return omitEmpty({ line, character });
}

/** Go prints maps in the order of their keys' bytes; an empty one is left out. */
function mapOf<T>(
  map: { [key: string]: T },
  value: (value: T) => unknown,
): Record<string, unknown> | undefined {
  const keys = Object.keys(map).sort();
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, value(map[key] as T)]));
}

/** A missing time is the epoch. */
function timeOf(time: Timestamp | undefined): string {
  return rfc3339(time ?? { seconds: 0n, nanos: 0 });
}
