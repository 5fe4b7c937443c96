import { doesNotMatch, match, ok, strictEqual } from "node:assert";
import { stepOf } from "../../tests/progress/steps.ts";
import { timelinePage } from "./page.ts";
import { pageScriptHash } from "./page_script.ts";
import type { Step } from "./timeline.ts";

const step = stepOf("RUN true", { bars: [{ start: 0, stop: 1500 }] });
const facts = { title: "app", outcome: "finished" as const, facts: [] };

function page(steps: Partial<Step>[], more: Partial<Parameters<typeof timelinePage>[1]> = {}) {
  const whole = steps.map((change) => ({ ...step, ...change }));
  return timelinePage({ duration: 3000, origin: 0, steps: whole }, { ...facts, ...more });
}

Deno.test("timelinePage() puts each bar where and as long as it was", () => {
  match(page([{ bars: [{ start: 750, stop: 1500 }] }]), /--l:25\.000;--w:25\.000/);
});

Deno.test("timelinePage() lets no text of the build be markup", () => {
  const evil = `<img src=x onerror="alert(1)">`;
  const html = page([{
    name: evil,
    error: evil,
    log: [evil],
    warnings: [evil],
    node: evil,
    digest: evil,
    inputs: [evil],
    source: { file: evil, line: 1 },
    transfers: [{ name: evil, start: 0, stop: 1, current: 0, total: 0 }],
    spans: [{ name: evil, depth: 0, start: 0, stop: 1, failed: true, lines: [evil] }],
  }, { name: `[${evil.replaceAll(" ", "")} 1/1] ${evil}`, node: "n" }], {
    title: evil,
    error: evil,
    excerpt: evil,
    facts: [[evil, evil]],
  });
  doesNotMatch(html, /<img/);
  ok(html.split("&lt;img src=x onerror=&quot;").length > 20);
});

Deno.test("timelinePage() removes terminal sequences, and shows the last state of an overwritten line", () => {
  const html = page([{
    log: ["0.1 \x1b[32mgreen\x1b[0m\x1b]0;title\x07", "0.2 10%\r20%\r100%\r", "0.3 a\tb\x07\u202e"],
  }]);
  match(html, /<pre>0\.1 green\n0\.2 100%\n0\.3 a\tb {2}<\/pre>/);
});

Deno.test("timelinePage() fetches nothing, and runs its own script only", async () => {
  const html = page([{ log: ["see https://example.com"] }]);
  doesNotMatch(html, /<link|<img|<iframe|@import|url\(|src=|href="(?!#)/);
  // And may not.
  match(html, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src/);
  const [script, ...others] = [...html.matchAll(/<script>([^]*?)<\/script>/g)];
  strictEqual(others.length, 0);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script![1]));
  const named = `sha256-${new Uint8Array(hash).toBase64()}`;
  strictEqual(pageScriptHash, named, "page_script.ts names the hash of another script");
  ok(html.includes(`script-src '${named}'`));
});

Deno.test("timelinePage() says how many lines of a log are missing, or that there was no output", () => {
  match(page([{ log: ["x"], dropped: 12 }]), /\[12 earlier lines are not kept\]/);
  match(page([{}]), /No output\./);
});

Deno.test("timelinePage() marks time roundly, from milliseconds to hours", () => {
  for (
    const [duration, mark] of [
      ...[[40, "5ms"], [900, "200ms"], [3000, "500ms"]],
      ...[[60_000, "10s"], [7_200_000, "15m"], [12 * 3_600_000, "2h"]],
    ] as [number, string][]
  ) {
    const html = timelinePage({ duration, origin: 0, steps: [step] }, facts);
    ok(html.includes(`>${mark}</span>`), `${duration}: no ${mark}`);
  }
});

Deno.test("timelinePage() of nothing is a page", () => {
  match(timelinePage({ duration: 0, origin: 0, steps: [] }, facts), /0 steps, 0 cached/);
  match(page([{}]), /1 step, 0 cached/);
});

Deno.test("timelinePage() shows the log of a failed step unasked", () => {
  match(page([{ outcome: "failed" }]), /<details [^>]* open>/);
  doesNotMatch(page([{ outcome: "canceled" }, {}]), /<details [^>]* open>/);
});

Deno.test("timelinePage() sums the build up; its legend names only what occurs", () => {
  const html = page([
    { name: "[app 1/2] COPY a /", bars: [{ start: 0, stop: 1000 }], critical: true },
    {
      name: "[app 2/2] RUN slow",
      bars: [{ start: 1000, stop: 3000 }],
      source: { file: "D", line: 7 },
    },
    { name: "[lib 1/1] RUN x", outcome: "cached", bars: [{ start: 0, stop: 0 }] },
  ]);
  match(html, /Slowest steps.*\[app 2\/2\] RUN slow<\/a><span>2\.0s, 67%.*COPY a/);
  match(html, /Parallelism.*1\.0×.*at most 1 step at a time/);
  match(html, /Critical path.*1\.0s.*<p>1 step</);
  match(html, /33%<\/p><p>1 of 3 steps/);
  match(html, /<span class="line" title="D:7">7<\/span>\[app 2\/2\]/);
  match(html, /<option value="stage">/);
  doesNotMatch(html, /<option value="(?:target|node)">/);
  match(html, /class="legend">.*>ran<.*>cached<.*critical path.*line of the Dockerfile/);
  doesNotMatch(
    html,
    />(?:failed|canceled|transfers and parts of steps|operations of the trace)<\/span>/,
  );
});

Deno.test("timelinePage() of 60,000 steps keeps the important ones, and has a limited size", () => {
  const html = page(Array.from({ length: 60_000 }, (_, i) => ({
    name: `RUN ${i}`,
    digest: `${i}`,
    bars: [{ start: 0, stop: i % 1000 }],
    log: i % 2 ? ["0.1 " + "x".repeat(10_000)] : [],
    ...i === 7 && { outcome: "failed" as const },
    ...i === 1000 && { critical: true },
  })));
  strictEqual(html.split('<details class="step').length - 1, 5000);
  match(html, /RUN 7<.*RUN 1000</s);
  match(html, /55000 shorter steps are not shown/);
  ok(html.length < 40 << 20, `${html.length}`);
});
