import { momentOf } from "../base/go/time.ts";
import type { StatusResponse, Vertex } from "../proto/gen/control.ts";
import { clockOf, isCompleted, isFailed, isStarted, type State } from "./state.ts";

/**
 * The status message that cancels every step under way, for a daemon whose connection is lost.
 * Local vertexes that failed count as cancelled, too: otherwise a retried build would report their
 * failure.
 * @param now milliseconds since 1970, our clock
 */
export function interruption(state: State, now: number): StatusResponse {
  const running = [...new Set(state.byDigest.values())]
    .filter((vertex) =>
      isStarted(vertex) && (!isCompleted(vertex) || vertex.local && isFailed(vertex))
    );
  const vertexes = running.flatMap((vertex): Vertex[] => {
    const completed = momentOf(clockOf(state, vertex.local, now));
    const error = "context canceled";
    if (vertex.members !== undefined) {
      return [...vertex.members.byDigest.values()]
        .filter((member) => member.started !== undefined && member.completed === undefined)
        .map((member) => ({ ...member, completed, error }));
    }
    const { digest, name, cached } = vertex;
    const { start, stop } = vertex.spans.last()!;
    const started = momentOf(start);
    return [{
      digest,
      name,
      cached,
      inputs: [],
      started,
      completed: stop === undefined ? completed : momentOf(stop),
      error,
      progressGroup: undefined,
    }];
  });
  return { vertexes, statuses: [], logs: [], warnings: [] };
}
