import { jsonDetails } from "../../../buildkit/error_details.ts";
import { wholeBlob } from "../../../buildkit/content.ts";
import type { BuildHistoryRecord, StatusResponse } from "../../../proto/gen/control.ts";
import { Status } from "../../../proto/gen/status.ts";
import type { ReachedNode } from "../../../cli/builders/reached_nodes.ts";
import { sourceExcerpt, sourcesOf } from "../../../progress/source_excerpt.ts";
import { fieldsOf, itemsOf, textOf } from "../../../base/json.ts";

/** Details of a failed build's error, which the daemon keeps as a blob of the record. */
export interface Failure {
  /** The lines of the Dockerfile; empty if the error is about none. */
  readonly sources: string;
  /** The step that failed. */
  readonly step: string;
  /** The end of its output. */
  readonly logs: readonly string[];
  /** The message and the daemon's stack traces. */
  readonly stack: string;
}

/** Lines of the failed step that are shown. */
const LOG_LINES = 16;

/** Reads a record's error in full; undefined where there is no such blob. */
export async function failureOf(
  { client }: ReachedNode,
  record: BuildHistoryRecord,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  if (record.externalError === undefined) return undefined;
  const status = Status.decode(await wholeBlob(client, record.externalError.digest, { signal }));
  const digest = jsonDetails(status.details, "errdefs.Vertex").map(({ digest }) => digest).at(-1);
  const messages: StatusResponse[] = [];
  if (typeof digest === "string") {
    await client.status(record.Ref, (message) => void messages.push(message), { signal });
  }
  return {
    sources: sourcesOf(status.details).map((source) => `${sourceExcerpt(source)}\n`).join(""),
    ...stepLogs(messages, digest),
    stack: stackText(status),
  };
}

/** A step's name and the last lines of both of its streams, in their order. */
export function stepLogs(
  messages: readonly StatusResponse[],
  digest: unknown,
): { step: string; logs: string[] } {
  let step = "";
  const logs: string[] = [];
  /** The line that each stream has begun and not ended. */
  const open = new Map<bigint, number>();
  const decoder = new TextDecoder();
  for (const { vertexes, logs: pieces } of messages) {
    step = vertexes.find((vertex) => vertex.digest === digest)?.name ?? step;
    for (const { vertex, stream, msg } of pieces) {
      if (vertex !== digest) continue;
      const lines = decoder.decode(msg).split("\n");
      for (const [i, line] of lines.entries()) {
        const begun = i === 0 ? open.get(stream) : undefined;
        if (begun !== undefined) logs[begun] += line;
        else if (line !== "") logs.push(line);
        if (i < lines.length - 1) open.delete(stream);
        else if (line !== "" && begun === undefined) open.set(stream, logs.length - 1);
      }
    }
  }
  return { step, logs: logs.slice(-LOG_LINES) };
}

/** BuildKit's stack traces, as its `%+v` prints them. */
function stackText({ message, details }: Status): string {
  const stacks = jsonDetails(details, "stack.Stack").map(({ pid, version, cmdline, frames }) => {
    const command = itemsOf(cmdline).map(textOf).join(" ");
    const lines = itemsOf(frames).map(fieldsOf)
      .map(({ Name, File, Line }) => `${textOf(Name)}\n\t${textOf(File)}:${textOf(Line ?? 0)}\n`);
    return `${textOf(pid ?? 0)} ${textOf(version)} ${command}\n${lines.join("")}\n`;
  });
  return `${message}\n${stacks.join("")}`;
}
