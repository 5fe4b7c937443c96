/**
 * Reads the progress of a Docker engine that loads or pushes an image. Each step is a line of JSON:
 * `{"status","progressDetail":{"current","total"},"id"}`, `{"stream":"Loaded image: …"}`,
 * `{"aux":{"Digest"}}`, or `{"error"}`.
 */

import { maybe } from "../../base/maybe.ts";
import { EngineError } from "./docker_engine.ts";

/** One step that the engine reports. */
export interface EngineProgress {
  /** The id of a layer; empty for a line of text. */
  readonly id: string;
  /** `Loading layer`, or the line of text. */
  readonly text: string;
  /** Bytes. */
  readonly current?: number;
  readonly total?: number;
  /** The digest of the pushed manifest. */
  readonly digest?: string;
}

/** The longest line of progress, in characters. */
const LONGEST_LINE = 1 << 20;

/** Reads all lines of the answer; then throws an `EngineError` for the first failure in them. */
export async function readProgress(
  body: { read(into: Uint8Array): Promise<number | null> },
  onProgress: (progress: EngineProgress) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const part = new Uint8Array(8192);
  let rest = "";
  let failure: string | undefined;
  const take = (line: string) => {
    const step = parseStep(line);
    if (step === undefined) return;
    if ("error" in step) failure ??= step.error;
    else onProgress(step);
  };
  for (let n = await body.read(part); n !== null; n = await body.read(part)) {
    const lines = (rest + decoder.decode(part.subarray(0, n), { stream: true })).split("\n");
    rest = lines.pop()!.slice(0, LONGEST_LINE);
    lines.forEach(take);
  }
  take(rest);
  if (failure !== undefined) throw new EngineError(failure, 200);
}

/** Reads a line of progress; undefined for a line of another kind. */
function parseStep(line: string): EngineProgress | { error: string } | undefined {
  const fields = maybe((): Record<string, unknown> => JSON.parse(line) ?? {});
  if (fields === undefined) return undefined;
  const { error, errorDetail, stream, status, id, progressDetail, aux } = fields;
  const detail = (errorDetail as { message?: unknown } | undefined)?.message;
  if (typeof error === "string") return { error };
  if (typeof detail === "string") return { error: detail };
  if (typeof stream === "string") return { id: "", text: stream.trimEnd() };
  const { Digest: digest } = (aux ?? {}) as { Digest?: unknown };
  if (typeof digest === "string") return { id: "", text: "", digest };
  if (typeof status !== "string") return undefined;
  const { current, total } = (progressDetail ?? {}) as { current?: unknown; total?: unknown };
  return {
    id: typeof id === "string" ? id : "",
    text: status,
    ...typeof current === "number" && { current },
    ...typeof total === "number" && { total },
  };
}
