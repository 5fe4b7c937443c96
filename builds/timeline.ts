import type { Deps } from "../cli/deps.ts";
import { rfc3339 } from "../base/go/time.ts";
import { timestampOf } from "../progress/local.ts";
import type { Watcher } from "../progress/progress.ts";
import type { Outcome } from "../progress/renderer.ts";
import { timelinePage } from "../progress/timeline/page.ts";
import { recordTimeline } from "../progress/timeline/record.ts";
import { UsageError } from "../base/usage_error.ts";
import { warn } from "../cli/warn.ts";
import { absolutePath, parentOf } from "../base/paths.ts";
import { removeResult, writeResult } from "./results/result.ts";

/**
 * Watches a build, and writes its page when it ends, well or not. Removes an earlier page now. Throws `UsageError` where there is no folder for it.
 */
export function timelineFile(
  file: string,
  { deps, title, builder }: { deps: Deps; title: string; builder: string },
): Watcher {
  const path = absolutePath(file, deps.cwd);
  checkPlace(path, file);
  removeResult(path);
  const started = deps.clock.now();
  const recorder = recordTimeline();
  return {
    update: recorder.update,
    finish(outcome) {
      const page = timelinePage(recorder.timeline(deps.clock.now()), {
        title,
        ...outcomeOf(outcome),
        facts: [["builder", builder], ["started", rfc3339(timestampOf(started))]],
      });
      try {
        writeResult(path, page);
      } catch (error) {
        // A failed build reports its own error.
        if (outcome.error === undefined) throw error;
        warn(deps, (error as Error).message);
      }
    },
  };
}

function outcomeOf({ error, canceled }: Outcome) {
  if (canceled) return { outcome: "canceled" as const };
  if (error === undefined) return { outcome: "finished" as const };
  return { outcome: "failed" as const, error: error instanceof Error ? error.message : `${error}` };
}

function checkPlace(path: string, file: string): void {
  try {
    if (Deno.statSync(parentOf(path)).isDirectory && !isFolder(path)) return;
  } catch {
    // `checkFolder` reports it.
  }
  throw new UsageError(
    `cannot write the timeline to ${JSON.stringify(file)}: ` +
      (isFolder(path) ? "it is a folder" : `there is no folder ${parentOf(path)}`),
    "name a file in a folder that exists: --timeline timeline.html",
  );
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
