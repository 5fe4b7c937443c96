/**
 * Builds that no honest daemon reports: progress takes them in linear time, or the test doesn't
 * end.
 */
import { equal, match, ok } from "node:assert/strict";
import type { StatusResponse } from "../proto/gen/control.ts";
import { message } from "../tests/progress/messages.ts";
import { outputTo } from "../tests/progress/terminal.ts";
import { rawJson } from "./rawjson.ts";
import { startProgress } from "./progress.ts";
import { sourceExcerpt, sourcesOf } from "./source_excerpt.ts";
import { timelinePage } from "./timeline/page.ts";
import { recordTimeline } from "./timeline/record.ts";

const MANY = 30_000;

/** Everything that a renderer wrote of these messages, and the page of their timeline. */
function shown(mode: "tty" | "plain", messages: Iterable<StatusResponse>): [string, string] {
  let text = "";
  const progress = startProgress({
    mode,
    out: outputTo((more) => text = (text + more).slice(-5000), { isTerminal: mode === "tty" }),
    size: () => ({ columns: 80, rows: 24 }),
    env: () => undefined,
    title: 'building with "b" instance using remote driver',
    label: "remote:b",
    expandWarnings: true,
  });
  const recorder = recordTimeline();
  for (const message of messages) {
    progress.update(message);
    recorder.update(message, Date.now(), false);
  }
  progress.interrupt();
  progress.finish({ error: new Error("x") });
  const timeline = recorder.timeline(Date.now());
  const page = timelinePage(
    { ...timeline, steps: timeline.steps.slice(0, 10) },
    { title: "t", outcome: "failed", facts: [] },
  );
  return [text, page];
}

function* vertexes(): Generator<StatusResponse> {
  for (let i = 0; i < MANY / 3; i++) {
    const group = { id: `g${i % 3}`, name: "group" };
    yield message({
      v: [
        { d: `a${i}`, start: i, stop: i + 1 },
        { d: `b${i}`, start: i, ...i % 2 && { stop: i, error: "no" } },
        { d: `c${i}`, start: i, stop: i + 2, ...i % 5 && { group } },
      ],
    });
  }
}

function* ofOneVertex(): Generator<StatusResponse> {
  for (let i = 0; i < 32_000; i++) {
    const n = i * 7919 % 32_000;
    yield message({
      v: [{ d: "a", start: n, ...i % 3 && { stop: n + 1 } }],
      s: [
        { v: "a", id: `part ${i}`, at: n, start: n },
        { v: "a", id: `transferring context:`, at: n, start: n },
      ],
      l: [{ v: "a", at: n, text: "." }],
    });
  }
}

for (const mode of ["plain", "tty"] as const) {
  Deno.test(`${MANY} vertexes, half of them failing or in groups: ${mode}`, () => {
    const [text, page] = shown(mode, vertexes());
    match(text, mode === "plain" ? /------\n$/ : / => ERROR b\d+ +0\.0s\S*\n$/);
    match(page, /class="bar|class="done/);
  });

  Deno.test(`one vertex of 32,000 spans, parts and log messages: ${mode}`, () => {
    ok(shown(mode, ofOneVertex())[0].length > 0);
  });
}

Deno.test("300,000 ranges in a source are marked, and lines beyond its end are none", () => {
  const data = new TextEncoder().encode("a\n".repeat(1000));
  const position = (line: number) => ({ line, character: 0 });
  const ranges = Array.from({ length: 300_000 }, (_, i) => ({
    start: position(2 + i % 7),
    end: position(i % 2 ? 4 : 2_000_000_000),
  }));
  const text = sourceExcerpt({ filename: "f", data, ranges });
  equal(text.match(/>>>/g)?.length, 1000);
  equal(
    sourceExcerpt({ filename: "f", data, ranges: ranges.filter((_, i) => i % 2) }).match(/>>>/g)
      ?.length,
    7,
  );
});

Deno.test("positions that are no numbers of lines make no excerpt, and no error", () => {
  for (const line of ["x", -1, 1.5, 1e300, null, {}, "3"]) {
    const json = { info: { filename: "f", data: "YQpiCmM=" }, ranges: [{ start: { line } }] };
    const [source] = sourcesOf([{
      typeUrl: "github.com/moby/buildkit/errdefs.Source+json",
      value: new TextEncoder().encode(JSON.stringify(json)),
    }]);
    ok(source);
    match(sourceExcerpt(source), /^(f:\d\n[^]*)?$/);
  }
});

Deno.test("times beyond all dates are shown as the first or the last one", () => {
  const extremes = [-(2n ** 63n), -62_135_596_801n, 0n, 253_402_300_800n, 2n ** 63n - 1n];
  for (const seconds of extremes) {
    for (const nanos of [-(2 ** 31), 0, 2 ** 31 - 1]) {
      const time = { seconds, nanos };
      const messages = [message({
        v: [{ d: "a", start: 1 }, { d: "b", start: 1, stop: 2 }],
        s: [{ v: "a", id: "x", at: 1, start: 1, current: 5, total: 9 }],
        l: [{ v: "a", at: 1, text: "x\n" }],
      })];
      for (const at of ["started", "completed", "timestamp"] as const) {
        const hostile = structuredClone(messages[0]!);
        for (const part of [...hostile.vertexes, ...hostile.statuses, ...hostile.logs]) {
          if (at in part) Object.assign(part, { [at]: time });
        }
        messages.push(hostile);
      }
      for (const status of messages) {
        const json = JSON.parse(rawJson(status));
        match(json.logs[0].timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      }
      for (const mode of ["tty", "plain"] as const) {
        ok(shown(mode, messages)[1].includes("</html>"));
      }
    }
  }
});
