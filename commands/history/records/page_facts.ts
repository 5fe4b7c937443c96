import type { PageFacts } from "../../../progress/timeline/page.ts";
import { milliseconds } from "../../../base/go/time.ts";
import type { RecordedBuild } from "./recorded_build.ts";
import { fullRef } from "./records.ts";

/** The facts of a recorded build for the head of its page. */
export function pageFacts(build: RecordedBuild): PageFacts {
  const { record } = build.found;
  return {
    title: build.title,
    outcome: build.outcome,
    error: build.error,
    excerpt: build.excerpt,
    ...record.CreatedAt !== undefined && { started: milliseconds(record.CreatedAt) },
    facts: [["ref", fullRef(build.found)], ["target", build.attrs["target"] ?? ""]],
  };
}
