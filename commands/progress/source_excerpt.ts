import type { Range } from "../../proto/gen/pb.ts";

/** A place in a source file that an error or a warning is about, with the file's text. */
export interface Source {
  readonly filename: string;
  readonly data: Uint8Array;
  readonly ranges: readonly Range[];
}

/** One typed detail of an RPC error, as it came. */
interface ErrorDetail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

const TYPE_URL = "github.com/moby/buildkit/errdefs.Source+json";

/**
 * The source places among an error's details, innermost first. BuildKit packs them as JSON into
 * google.protobuf.Any: `{info: {filename, data (base64)}, ranges: [{start: {line}, end: {line}}]}`,
 * zero values omitted. What can't be read is passed over: an excerpt is a help, not the error.
 */
export function sourcesOf(details: readonly ErrorDetail[]): Source[] {
  const sources: Source[] = [];
  for (const { typeUrl, value } of details) {
    if (typeUrl.replace(/^type\.googleapis\.com\//, "") !== TYPE_URL) continue;
    try {
      const source = readSource(JSON.parse(new TextDecoder().decode(value)));
      if (source) sources.push(source);
    } catch {
      continue;
    }
  }
  return sources;
}

function readSource(json: unknown): Source | undefined {
  const { info, ranges } = fields(json);
  const { filename, data } = fields(info);
  if (info === undefined || info === null || !Array.isArray(ranges)) return undefined;
  return {
    filename: typeof filename === "string" ? filename : "",
    data: typeof data === "string" ? Uint8Array.fromBase64(data) : new Uint8Array(),
    ranges: ranges.map((range) => {
      const { start, end } = fields(range);
      return { start: readPosition(start), end: readPosition(end) };
    }),
  };
}

function readPosition(json: unknown): { line: number; character: number } {
  const { line, character } = fields(json);
  return { line: Number(line ?? 0), character: Number(character ?? 0) };
}

function fields(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? json as Record<string, unknown> : {};
}

/**
 * The lines around a place, the place itself marked, as BuildKit prints them:
 *
 *     Dockerfile:2
 *     --------------------
 *        1 |     FROM scratch
 *        2 | >>> RUN false
 *        3 |
 *     --------------------
 *
 * A single line gets about four lines of context, a longer place about two. Empty if the place is
 * outside of the file.
 */
export function sourceExcerpt({ filename, data, ranges }: Source): string {
  const places = ranges.map((range) => {
    const first = range.start?.line ?? 0;
    return { first, last: Math.max(range.end?.line ?? 0, first) };
  });
  if (places.length === 0) return "";
  const lines = new TextDecoder().decode(data).split("\n");
  const marked = Math.min(...places.map((place) => place.first));
  if (marked < 1 || marked > lines.length) return "";
  let first = marked;
  let last = Math.min(Math.max(...places.map((place) => place.last)), lines.length);
  // BuildKit's arithmetic: each round takes a line on either side where there is one, and counts
  // one more than it took, so that it ends where there is none.
  const wanted = first === last ? 4 : 2;
  for (let taken = 0; taken < wanted; taken++) {
    if (first > 1) {
      first--;
      taken++;
    }
    if (last < lines.length) {
      last++;
      taken++;
    }
  }
  let text = `${filename}:${marked}\n${RULE}\n`;
  for (let line = first; line <= last; line++) {
    const hit = places.some((place) => place.first <= line && line <= place.last);
    text += ` ${String(line).padStart(3)} | ${hit ? ">>>" : "   "} ${lines[line - 1]}\n`;
  }
  return `${text}${RULE}\n`;
}

const RULE = "-".repeat(20);
