import { momentOf } from "../base/go/time.ts";
import { errorText } from "../base/error_text.ts";
import type { StatusResponse, Vertex, VertexStatus } from "../proto/gen/control.ts";
import type { Timestamp } from "../proto/gen/google/protobuf/timestamp.ts";

/**
 * Vertexes for the work of this client, which is a part of the build to its user. They become
 * status messages like the daemon's, so that every renderer shows them, even rawjson.
 */
export interface LocalVertexes {
  /** Starts one, e.g. `importing to docker`. */
  start(name: string): LocalVertex;
}

export interface LocalVertex {
  /**
   * Reports `current` of `total` bytes of a part of its work (total 0 or absent if unknown). It may
   * be called for every chunk: most calls in quick succession are left out, but never the last.
   */
  progress(id: string, current: number, total?: number): void;
  /** Completes a part. The end of the vertex completes all of its parts. */
  complete(id: string): void;
  /** Renames the vertex, for displays that repaint it. */
  rename(name: string): void;
  /** Adds words to the name on a terminal, until the next remark. */
  remark(text: string): void;
  /** Adds output. The caller ends its lines. */
  log(text: string): void;
  /** Completes it until there is more output, which starts it again. */
  pause(): void;
  done(): void;
  /** Ends it with an error; one whose text ends in `context canceled` counts as canceled. */
  fail(error: unknown): void;
}

/** Milliseconds between two messages on the same part. */
const INTERVAL = 100;

interface Part {
  current: number;
  total: number;
  readonly started: Timestamp;
  sent: number;
  completed: boolean;
}

/**
 * @param emit takes the messages. @param now ms since 1970.
 * @param repaints the display repaints names, so that a remark can be added to one
 */
export function localVertexes(
  emit: (message: StatusResponse) => void,
  now: () => number,
  repaints = false,
): LocalVertexes {
  return { start: (name) => startVertex(name, emit, now, repaints) };
}

function startVertex(
  title: string,
  emit: (message: StatusResponse) => void,
  now: () => number,
  repaints: boolean,
): LocalVertex {
  const digest = `sha256:${crypto.getRandomValues(new Uint8Array(32)).toHex()}`;
  const parts = new Map<string, Part>();
  let started = momentOf(now());
  let name = title;
  let ended = false;
  let paused = false;

  function vertex(error: string, completed: Timestamp | undefined): Vertex {
    return {
      digest,
      inputs: [],
      name,
      cached: false,
      started,
      completed,
      error,
      progressGroup: undefined,
    };
  }

  function statusOf(id: string, part: Part, at: number): VertexStatus {
    const timestamp = momentOf(at);
    return {
      ID: id,
      vertex: digest,
      name: "",
      current: BigInt(part.current),
      total: BigInt(part.total),
      timestamp,
      started: part.started,
      completed: part.completed ? timestamp : undefined,
    };
  }

  function end(error: string): void {
    if (ended) return;
    ended = true;
    const at = now();
    const statuses: VertexStatus[] = [];
    for (const [id, part] of parts) {
      if (part.completed) continue;
      // A failed vertex leaves its open parts incomplete.
      part.completed = error === "";
      statuses.push(statusOf(id, part, at));
    }
    emit({ ...EMPTY, vertexes: [vertex(error, momentOf(at))], statuses });
  }

  function rename(next: string): void {
    if (ended || next === name) return;
    name = next;
    emit({ ...EMPTY, vertexes: [vertex("", undefined)] });
  }

  emit({ ...EMPTY, vertexes: [vertex("", undefined)] });
  return {
    progress(id, current, total = 0) {
      const at = now();
      let part = parts.get(id);
      if (!part) {
        part = { current, total, started: momentOf(at), sent: -Infinity, completed: false };
        parts.set(id, part);
      }
      part.current = current;
      part.total = total;
      if (ended || at - part.sent < INTERVAL) return;
      part.sent = at;
      emit({ ...EMPTY, statuses: [statusOf(id, part, at)] });
    },
    complete(id) {
      const part = parts.get(id);
      if (!part || part.completed || ended) return;
      part.completed = true;
      emit({ ...EMPTY, statuses: [statusOf(id, part, now())] });
    },
    rename,
    remark(text) {
      if (repaints) rename(text === "" ? title : `${title} (${text})`);
    },
    log(text) {
      if (ended) return;
      if (paused) {
        paused = false;
        started = momentOf(now());
        emit({ ...EMPTY, vertexes: [vertex("", undefined)] });
      }
      const timestamp = momentOf(now());
      const msg = new TextEncoder().encode(text);
      emit({ ...EMPTY, logs: [{ vertex: digest, timestamp, stream: 1n, msg }] });
    },
    pause() {
      if (ended || paused) return;
      paused = true;
      emit({ ...EMPTY, vertexes: [vertex("", momentOf(now()))] });
    },
    done: () => end(""),
    fail: (error) => end(errorText(error)),
  };
}

const EMPTY: StatusResponse = { vertexes: [], statuses: [], logs: [], warnings: [] };
