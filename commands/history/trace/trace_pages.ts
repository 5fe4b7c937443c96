import { openStore } from "../../../builders/builder.ts";
import type { Deps } from "../../../cli/deps.ts";
import type { Nodes } from "../../../cli/builders/reached_nodes.ts";
import { timelinePage } from "../../../progress/timeline/page.ts";
import { compareRecorded } from "../diff/compare_files.ts";
import { diffPage } from "../diff/diff_page.ts";
import { pageFacts } from "../records/page_facts.ts";
import { readBuild, type RecordedBuild } from "../records/recorded_build.ts";
import type { HistoryRecord } from "../records/records.ts";
import type { Span } from "./spans.ts";
import type { Pages } from "./serve_pages.ts";
import { withSpans } from "./with_spans.ts";

/** A build's record, and the spans of its trace. */
export interface Trace {
  readonly found: HistoryRecord;
  readonly spans: readonly Span[];
}

/** The timeline of one build with its trace, or a comparison of two builds with links to both. */
export async function tracePages(
  nodes: Nodes,
  traces: readonly Trace[],
  deps: Deps,
): Promise<Pages> {
  const { clock, signal } = deps;
  const builds: RecordedBuild[] = [];
  for (const { found, spans } of traces) {
    const build = await readBuild(nodes, found, { clock, signal, store: openStore(deps.env) });
    builds.push({ ...build, timeline: withSpans(build.timeline, spans) });
  }
  const pages = builds.map((build) => timelinePage(build.timeline, pageFacts(build)));
  const [a, b] = builds;
  if (a === undefined || b === undefined) return { "": pages[0]! };
  const both = [a, b] as const;
  const comparison = await compareRecorded(...both, signal);
  return {
    "": diffPage(both, comparison, (build) => build === a ? "a" : "b"),
    "a": pages[0]!,
    "b": pages[1]!,
  };
}
