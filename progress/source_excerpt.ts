import type { ErrorDetail } from "../buildkit/grpc/status.ts";
import { jsonDetails } from "../buildkit/error_details.ts";
import { fieldsOf } from "../base/json.ts";
import type { Range } from "../proto/gen/pb.ts";
import { excerpt } from "../base/excerpt.ts";

/** The lines of a source file that an error or a warning is about, with the file's text. */
export interface Source {
  readonly filename: string;
  readonly data: Uint8Array;
  readonly ranges: readonly Range[];
}

/**
 * The source places among an error's details, innermost first. A place is
 * `{info: {filename, data (base64)}, ranges: [{start: {line}, end: {line}}]}`, zero values omitted.
 * Unreadable details are skipped, because an excerpt is optional.
 */
export function sourcesOf(details: readonly ErrorDetail[]): Source[] {
  return jsonDetails(details, "errdefs.Source").flatMap((json) => {
    try {
      return readSource(json) ?? [];
    } catch {
      return [];
    }
  });
}

function readSource(
  { info, ranges }: Readonly<Record<string, unknown>>,
): Source | undefined {
  const { filename, data } = fieldsOf(info);
  if (info === undefined || info === null || !Array.isArray(ranges)) return undefined;
  return {
    filename: typeof filename === "string" ? filename : "",
    data: typeof data === "string" ? Uint8Array.fromBase64(data) : new Uint8Array(),
    ranges: ranges.map((range) => {
      const { start, end } = fieldsOf(range);
      return { start: readPosition(start), end: readPosition(end) };
    }),
  };
}

function readPosition(json: unknown): { line: number; character: number } {
  const { line, character } = fieldsOf(json);
  return { line: integer(line), character: integer(character) };
}

/** A number of JSON as a 32-bit integer of protobuf. */
function integer(json: unknown): number {
  return Number(json ?? 0) | 0;
}

/** The lines around a place, with marks at the place itself; empty if it lies outside the file. */
export function sourceExcerpt({ filename, data, ranges }: Source): string {
  const lines = new TextDecoder("utf-8", { ignoreBOM: true }).decode(data).split("\n");
  let [first, last] = [Infinity, 0];
  /** For each line, the ranges that begin there minus those that ended on the line before. */
  const begins = new Int32Array(lines.length + 2);
  for (const { start, end } of ranges) {
    const from = start?.line ?? 0;
    const to = Math.max(end?.line ?? 0, from);
    first = Math.min(first, from);
    last = Math.max(last, to);
    if (from > lines.length || to < 1) continue;
    begins[Math.max(from, 1)]!++;
    begins[Math.min(to, lines.length) + 1]!--;
  }
  if (first < 1 || first > lines.length) return "";
  const ranged = begins.map(((open) => (more) => open += more)(0));
  const isMarked = (line: number) => ranged[line]! > 0;
  const shown = excerpt({ file: filename, first, last, isMarked }, lines);
  return shown.join("\n") + "\n";
}
