/** All pages in a real browser: any window and colours, nothing faint, cut or out of reach. */
import assert from "node:assert/strict";
import { compareBuilds } from "../../commands/history/diff/compare.ts";
import { diffBody, diffPage } from "../../commands/history/diff/diff_page.ts";
import { inspection } from "../../commands/history/inspect/inspection.ts";
import { buildPage } from "../../commands/history/open/build_page.ts";
import { listPage } from "../../commands/history/open/list_page.ts";
import { servedPage } from "../../commands/history/open/served_page.ts";
import type { RecordedBuild } from "../../commands/history/records/recorded_build.ts";
import type { HistoryRecord } from "../../commands/history/records/records.ts";
import { type PageFacts, timelinePage } from "../../progress/timeline/page.ts";
import type { Step, Timeline } from "../../progress/timeline/timeline.ts";
import { BuildHistoryRecord } from "../../proto/gen/control.ts";
import { messageOf } from "../../proto/message_of.ts";
import { recordOf } from "../commands/recorded_builds.ts";
import { askBrowser, askPages } from "../harness/chromium.ts";
import { auditPage, faultless, type PageFaults } from "../harness/page_audit.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { stepOf } from "./steps.ts";

const ignore = skip(await missing("chromium"));
const evil = `<img src=x onerror="document.title='broken'"></script>\u202e\x1b[31m`;
const longWord = "very/long/".repeat(40);

const OUTCOMES = ["done", "cached", "failed", "canceled", "unfinished"] as const;

/** Steps of every kind, one after the other, with everything that a row may have. */
function steps(count: number, more: Partial<Step> = {}): Step[] {
  return Array.from({ length: count }, (_, i) => {
    const [target, stage] = [["web", "api"][i % 2], ["app", "приложение", "lib"][i % 3]];
    const text =
      ["RUN make", `RUN ${longWord}`, `COPY ${evil} /`, "RUN echo 构建 שלום مرحبا"][i % 4];
    const [start, length] = [i * 10_000, (i % 7 + 1) * 9000];
    const transfer = { name: longWord, start, stop: start + 5000, current: 5e9, total: 1e10 };
    const span = { name: longWord, depth: 3, failed: true, lines: [evil] };
    return stepOf(`[${target} linux/amd64 ${stage} ${i % 9 + 1}/9] ${text}`, {
      digest: `sha256:${i}`,
      inputs: i < 3 ? [] : [`sha256:${i - 3}`, `sha256:${i - 2}`],
      node: ["east", longWord][i % 2]!,
      outcome: OUTCOMES[i % 50 < 5 ? i % 5 : i % 2]!,
      error: i % 50 === 2 ? `exit code: 1 ${longWord}` : "",
      bars: [{ start, stop: start + length }],
      transfers: i % 5 === 0 ? [transfer] : [],
      log: i % 3 === 0 ? [`0.1 output ${longWord}`, `0.2 ${evil}`] : [],
      dropped: i % 6,
      warnings: i % 10 === 3 ? [longWord, evil] : [],
      source: { file: `${longWord}Dockerfile`, line: i * 7 },
      spans: i % 4 === 1 ? [{ ...span, start, stop: start + 50 }] : [],
      critical: i % 100 < 5,
      ...more,
    });
  });
}

function found(name: string, at: number, error?: string): HistoryRecord {
  return recordOf(messageOf(BuildHistoryRecord, {
    Ref: name,
    CreatedAt: { seconds: BigInt(1_700_000_000 + at), nanos: 0 },
    CompletedAt: { seconds: BigInt(1_700_000_009 + at), nanos: 0 },
    FrontendAttrs: { [`build-arg:${longWord}`]: longWord, filename: evil, target: "приложение" },
    numTotalSteps: 9,
    ...error !== undefined && { error: { code: 2, message: error, details: [] } },
  }));
}

function recorded(name: string, list: Step[]): RecordedBuild {
  const record = found(name, 0);
  return {
    found: record,
    title: `${name} ${longWord}`,
    attrs: { ...record.record.FrontendAttrs, platform: name },
    timeline: { duration: 1e7, origin: 1_700_000_000_000, steps: list },
    ...{ outcome: "failed", error: `${evil} ${longWord}`, excerpt: "" },
    ...{ provenance: undefined, attachments: [] },
  };
}

function pages(): Readonly<Record<string, string>> {
  const timeline: Timeline = {
    duration: 1e7,
    origin: 1_700_000_000_000,
    steps: steps(60),
    spans: [{ name: longWord, depth: 0, failed: false, lines: [], start: 0, stop: 1e6 }],
  };
  const facts: PageFacts = {
    title: `app ${evil} ${longWord}`,
    outcome: "failed",
    error: `${evil} ${longWord}`,
    excerpt: `Dockerfile:6\n   6 | >>> RUN ${longWord}\n`,
    started: 1_700_000_000_000,
    facts: [["ref", longWord]],
  };
  const record = found("r", 0);
  const sources = { state: undefined, cwd: "/", failure: undefined, attachments: [] };
  const inputs = inspection(record, {
    ...sources,
    materials: [{ URI: `pkg:docker/${longWord}`, Digests: [`sha256:${"a".repeat(64)}`] }],
  });
  const both = [recorded("A", steps(60)), recorded("B", steps(60, { outcome: "done" }))] as const;
  const comparison = compareBuilds(...both);
  return {
    timeline: timelinePage(timeline, facts),
    running: timelinePage(
      { duration: 900, origin: 0, steps: steps(1, { outcome: "unfinished" }) },
      { title: "a", outcome: "running", facts: [] },
    ),
    build: buildPage({
      facts: { ...facts, outcome: "canceled" },
      timeline,
      inputs,
      attachments: [
        { digest: `sha256:${"b".repeat(64)}`, platform: "linux/amd64", type: longWord },
      ],
      comparisons: [["compare?a", `compare with the last build of ${longWord}`]],
    }),
    diff: diffPage(both, comparison),
    comparison: servedPage({
      title: "Two builds compared",
      home: "./",
      events: "alive",
      body: `<h1>Two builds compared</h1>${diffBody(both, comparison, () => "build/x")}`,
    }),
    list: listPage({
      builds: Array.from({ length: 60 }, (_, i) => ({
        parts: [
          found(`r${i}`, i, [undefined, evil, `${longWord} ${i}`, "context canceled"][i % 4]),
        ],
        name: i === 3 ? evil : `app ${i} ${i % 5 ? "" : longWord}`,
      })),
      problems: [{ builder: evil, reason: longWord }],
      pending: 2,
      now: 1_700_002_000_000,
    }),
  };
}

const look = `(window) => {
  const faults = (${auditPage})(window);
  return { ...faults, images: window.document.images.length, titled: window.document.title !== "broken" };
}`;

/** A page with one fault of each kind. */
const faulty = `<!DOCTYPE html><html lang="en"><title>bad</title><body style="background: white">
<h1 style="color: #999">faint</h1><input style="outline: none" value="">
<div style="width: 3000px; height: 1px"></div>
<p style="width: 30px; overflow: hidden; white-space: nowrap">a text that is cut</p>
<p style="position: absolute; top: 200px">one text</p><p style="position: absolute; top: 200px">another</p>
<a href="#a" style="position: absolute; top: 300px">below</a><a href="#b" style="position: absolute; top: 260px">above</a>`;

Deno.test({ name: "the audit of a page finds each fault", ignore }, async () => {
  const [seen] = await askBrowser<PageFaults>(faulty, [400], auditPage, { colorScheme: "light" });
  const { wider, faint, cut, overlapping, unmarked, outOfOrder, unnamed } = seen!;
  assert.ok(wider > 2000);
  assert.match(faint.join(), /H1/);
  assert.match(cut.join(), /a text that is cut/);
  assert.match(overlapping.join(), /one text.*another/);
  assert.match(unmarked.join(), /input/);
  assert.match(outOfOrder.join(), /above.*after.*below/);
  assert.match(unnamed.join(), /input/);
});

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test({ name: `every page is whole in any window: ${colorScheme}`, ignore }, async (t) => {
    const all = pages();
    const widths = [400, 1200];
    const seen = await askPages<PageFaults>(Object.values(all), widths, look, { colorScheme });
    for (const [at, name] of Object.keys(all).entries()) {
      for (const [i, width] of widths.entries()) {
        await t.step(`${name}, ${width} px`, () => {
          assert.deepEqual(seen[at]![i], { ...faultless, images: 0, titled: true });
        });
      }
    }
  });
}
