import type { Step } from "../../progress/timeline/timeline.ts";

/** A step of a timeline. Its name is its digest, and it went well, for one second. */
export function stepOf(name: string, more: Partial<Step> = {}): Step {
  return {
    ...{ name, digest: name, inputs: [], node: "", outcome: "done", error: "" },
    ...{ bars: [{ start: 0, stop: 1000 }], transfers: [], log: [], dropped: 0 },
    ...{ warnings: [], critical: false },
    ...more,
  };
}
