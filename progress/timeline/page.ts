/**
 * A build's timeline as one self-contained HTML page: no script, nothing to fetch. A step's log
 * opens by `<details>`, and a checkbox with CSS shows the critical path alone. So the page works
 * under any content policy and from a CI's artifact store.
 */
import { formatAmount, formatBytes, formatSeconds } from "../../base/units.ts";
import { pageStyle } from "./page_style.ts";
import type { Bar, Step, Timeline, Transfer } from "./timeline.ts";

/** Facts about the build, which the page shows above the steps. */
export interface PageFacts {
  /** A name of the build for people. */
  readonly title: string;
  readonly outcome: "finished" | "failed" | "canceled";
  /** The error of a failed build, shown above the steps. */
  readonly error?: string;
  /** Further facts in the order to show them: builder, ref, when. Empty values are left out. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The text of the page. */
export function timelinePage(timeline: Timeline, facts: PageFacts): string {
  const { steps, duration } = timeline;
  const cached = steps.filter(({ outcome }) => outcome === "cached").length;
  const critical = steps.filter((step) => step.critical);
  const said = [
    `<b class="${facts.outcome}">${facts.outcome}</b> in <b>${lengthText(duration)}</b>`,
    `${counted(steps)}, ${cached} cached`,
    `critical path ${lengthText(total(critical))} in ${counted(critical)}`,
    ...facts.facts.filter(([, value]) => value !== "")
      .map(([name, value]) => `${escape(name)} <b>${escape(value)}</b>`),
  ];
  const error = facts.error ? `<p class="error">${escape(clean(facts.error))}</p>\n` : "";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="fairlead">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(facts.title)} – build timeline</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>${escape(facts.title)}</h1>
<p class="facts">${said.join(" · ")}</p>
${error}${legend}
<main style="--tick:${duration > 0 ? (tickStep(duration) / duration * 100).toFixed(3) : 100}%">
<div class="axis"><span class="name"></span><span class="track">${
    ticks(duration)
  }</span><span class="time"></span></div>
${steps.map((step) => row(step, duration)).join("\n")}
</main>
</body>
</html>
`;
}

const legend = `<div class="legend">${
  ([
    ["done", "ran"],
    ["cached", "cached"],
    ["failed bar", "failed"],
    ["canceled bar", "canceled"],
    ["part", "transfers and parts"],
  ] as const).map(([kind, text]) => `<span><i class="${kind}"></i>${text}</span>`).join("")
}<span><span class="mark"></span> critical path</span>` +
  `<label><input type="checkbox" id="only"> only the critical path</label></div>`;

function row(step: Step, duration: number): string {
  const bars = step.bars.map((bar) => piece(`${step.outcome} bar`, bar, duration, step.name));
  const parts = step.transfers.map((part) => piece("part", part, duration, partText(part)));
  const time = step.outcome === "cached" ? "CACHED" : lengthText(total([step]));
  const name = escape(clean(step.name));
  const state = (step.critical ? ' class="critical"' : "") +
    // The log of a failed step is why the user opens the page.
    (step.outcome === "failed" ? " open" : "");
  return `<details${state}><summary>` +
    `<span class="name" title="${name}">${name}</span>` +
    `<span class="track">${bars.join("")}${parts.join("")}</span>` +
    `<span class="time">${time}</span></summary><div class="more">${more(step)}</div></details>`;
}

function more(step: Step): string {
  let html = "";
  if (step.error) html += `<p class="why">${escape(clean(step.error))}</p>`;
  for (const warning of step.warnings) {
    html += `<p class="warning">WARN: ${escape(clean(warning))}</p>`;
  }
  if (step.transfers.length > 0) html += `<table>${step.transfers.map(partRow).join("")}</table>`;
  const dropped = step.dropped > 0 ? [`[${step.dropped} earlier lines are not kept]`] : [];
  const lines = [...dropped, ...step.log.map(cleanLine)];
  if (lines.length > 0) html += `<pre>${escape(lines.join("\n"))}</pre>`;
  return html || `<p class="none">No output.</p>`;
}

function partRow(part: Transfer): string {
  const amount = formatAmount(part.current, part.total);
  const cells = [amount, rateOf(part), lengthText(part.stop - part.start)];
  return `<tr><td>${escape(clean(part.name))}</td>${
    cells.map((cell) => `<td>${cell}</td>`).join("")
  }</tr>`;
}

function partText(part: Transfer): string {
  const rate = rateOf(part);
  return [part.name, formatAmount(part.current, part.total), rate].filter(Boolean).join("  ");
}

/** Bytes a second; empty if too little time has passed. */
function rateOf({ current, start, stop }: Transfer): string {
  const ms = stop - start;
  return ms >= 10 && current > 0 ? `${formatBytes(Math.round(current / ms * 1000))}/s` : "";
}

/** A piece of a track: `left` and `width` in percent of the whole build. */
function piece(kind: string, { start, stop }: Bar, duration: number, title: string): string {
  const percent = (ms: number) => (duration > 0 ? ms / duration * 100 : 0).toFixed(3);
  const style = `left:${percent(start)}%;width:${percent(stop - start)}%`;
  return `<i class="${kind}" style="${style}" title="${escape(clean(title))}"></i>`;
}

/** Marks at round times, about eight of them. */
function ticks(duration: number): string {
  if (duration <= 0) return "";
  const step = tickStep(duration);
  let html = "";
  // Near the right edge there is no room for the text.
  for (let at = 0; at < duration * 0.92; at += step) {
    const text = duration < SECOND ? `${Math.round(at)} ms` : clock(at);
    html += `<span style="left:${(at / duration * 100).toFixed(3)}%">${text}</span>`;
  }
  return html;
}

/** Milliseconds from one mark to the next. */
function tickStep(duration: number): number {
  return roundStep(duration / 8);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The next of 1, 2, 5 times a power of ten; from 10 s on, a part of a minute or an hour. */
function roundStep(atLeast: number): number {
  const long = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * SECOND);
  if (atLeast > 5 * SECOND) {
    return long.find((step) => step >= atLeast) ?? Math.ceil(atLeast / 3600e3) * 3600e3;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(atLeast, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= atLeast)!;
}

/** `5 s`, `2:30`. */
function clock(ms: number): string {
  if (ms < MINUTE) return `${ms / SECOND} s`;
  const seconds = Math.round(ms / SECOND);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `14 ms`, `2.3s`. */
function lengthText(ms: number): string {
  return ms < SECOND ? `${Math.round(ms)} ms` : formatSeconds(ms);
}

function counted({ length }: readonly Step[]): string {
  return `${length} ${length === 1 ? "step" : "steps"}`;
}

function total(steps: readonly Step[]): number {
  let sum = 0;
  for (const { bars } of steps) for (const { start, stop } of bars) sum += stop - start;
  return sum;
}

// deno-lint-ignore no-control-regex -- colours and cursor moves of a step's output
const SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** Control characters except tabs and line ends, and characters that turn a text's direction. */
const CONTROLS = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/** The text without terminal sequences; a line that overwrote itself has its last state. */
function clean(text: string): string {
  return text.replace(SEQUENCES, "").split("\n")
    .map((line) => line.replace(/\r+$/, "").split("\r").at(-1)!.replace(CONTROLS, " "))
    .join("\n");
}

/** Cleans a line of output, and keeps its time. */
function cleanLine(line: string): string {
  const time = /^[\d.]+ /.exec(line)?.[0] ?? "";
  return time + clean(line.slice(time.length));
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
