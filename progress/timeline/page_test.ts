import { doesNotMatch, match, ok, strictEqual } from "node:assert";
import { timelinePage } from "./page.ts";
import type { Step } from "./timeline.ts";

const step: Step = {
  name: "RUN true",
  digest: "sha256:1",
  inputs: [],
  node: "",
  outcome: "done",
  error: "",
  bars: [{ start: 0, stop: 1500 }],
  transfers: [],
  log: [],
  dropped: 0,
  warnings: [],
  critical: false,
};
const facts = { title: "app", outcome: "finished" as const, facts: [] };

function page(steps: Partial<Step>[], more: Partial<Parameters<typeof timelinePage>[1]> = {}) {
  const whole = steps.map((change) => ({ ...step, ...change }));
  return timelinePage({ duration: 3000, steps: whole }, { ...facts, ...more });
}

Deno.test("timelinePage() puts each bar where and as long as it was", () => {
  match(page([{ bars: [{ start: 750, stop: 1500 }] }]), /left:25\.000%;width:25\.000%/);
});

Deno.test("timelinePage() lets no text of the build be markup", () => {
  const evil = `<img src=x onerror="alert(1)">`;
  const html = page([{
    name: evil,
    error: evil,
    log: [evil],
    warnings: [evil],
    transfers: [{ name: evil, start: 0, stop: 1, current: 0, total: 0 }],
  }], { title: evil, error: evil, facts: [[evil, evil]] });
  doesNotMatch(html, /<img/);
  strictEqual(html.split("&lt;img src=x onerror=&quot;").length - 1, 13);
});

Deno.test("timelinePage() takes terminal sequences away, and of an overwritten line the last state", () => {
  const html = page([{
    log: ["0.1 \x1b[32mgreen\x1b[0m\x1b]0;title\x07", "0.2 10%\r20%\r100%\r", "0.3 a\tb\x07\u202e"],
  }]);
  match(html, /<pre>0\.1 green\n0\.2 100%\n0\.3 a\tb {2}<\/pre>/);
});

Deno.test("timelinePage() fetches nothing and runs nothing", () => {
  const html = page([{ log: ["see https://example.com"] }]);
  doesNotMatch(html, /<script|<link|<img|@import|url\(|src=|href=/);
  // And may not.
  match(html, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src/);
});

Deno.test("timelinePage() says how much of a log is missing, and of none that there is none", () => {
  match(page([{ log: ["x"], dropped: 12 }]), /\[12 earlier lines are not kept\]/);
  match(page([{}]), /No output\./);
});

Deno.test("timelinePage() marks time roundly, from milliseconds to hours", () => {
  for (
    const [duration, mark] of [[40, "5 ms"], [900, "200 ms"], [3000, "0.5 s"], [60_000, "10 s"], [
      7_200_000,
      "15:00",
    ]] as const
  ) {
    const html = timelinePage({ duration, steps: [step] }, facts);
    ok(html.includes(`>${mark}</span>`), `${duration}: no ${mark}`);
  }
});

Deno.test("timelinePage() of nothing is a page", () => {
  match(timelinePage({ duration: 0, steps: [] }, facts), /0 steps, 0 cached/);
  match(page([{}]), /1 step, 0 cached/);
});

Deno.test("timelinePage() shows the log of a failed step unasked", () => {
  match(page([{ outcome: "failed" }]), /<details open>/);
  doesNotMatch(page([{ outcome: "canceled" }, {}]), / open/);
});
