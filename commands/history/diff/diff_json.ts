import { goJson } from "../../../base/go/json.ts";
import type { Step } from "../../../progress/timeline/timeline.ts";
import type { RecordedBuild } from "../records/recorded_build.ts";
import { fullRef } from "../records/records.ts";
import type { Comparison } from "./compare.ts";
import { causeText } from "./diff_words.ts";

/**
 * The comparison for programs. Times are milliseconds. A step that one build doesn't have lacks
 * that side. Each cause has its kind, its values where it has some, and `text`, the sentence for
 * people.
 */
export function diffJson(
  [a, b]: readonly [RecordedBuild, RecordedBuild],
  { rows, inputs, lacking }: Comparison,
): string {
  return goJson({
    a: buildOf(a),
    b: buildOf(b),
    delta_ms: Math.round(b.timeline.duration - a.timeline.duration),
    inputs,
    steps: rows.map((row) => ({
      name: row.name,
      ...row.a && { a: side(row.a, row.timeA) },
      ...row.b && { b: side(row.b, row.timeB) },
      delta_ms: Math.round(row.timeB - row.timeA),
      causes: row.causes.map((cause) => ({
        kind: cause.kind,
        ..."name" in cause && { name: cause.name, a: cause.a, b: cause.b },
        ...cause.kind === "follows" && { step: cause.step },
        ...cause.kind === "context" && cause.files && { files: cause.files },
        text: causeText(cause),
      })),
    })),
    missing_facts: lacking,
  }, 2) + "\n";
}

function buildOf({ found, title, outcome, error, timeline }: RecordedBuild) {
  return {
    ref: fullRef(found),
    name: title,
    outcome,
    ...error !== "" && { error },
    duration_ms: Math.round(timeline.duration),
  };
}

function side({ outcome, node }: Step, ms: number) {
  return { outcome, ms: Math.round(ms), ...node !== "" && { node } };
}
