/** A step's row on the page: its name, its bars, and behind a click everything else. */
import { formatAmount, formatBytes } from "../../base/units.ts";
import { clean, escape, lengthText, shown, timeHtml } from "./page_text.ts";
import type { StepPlace } from "./step_place.ts";
import { stepTime } from "./summary.ts";
import type { Bar, Span, Step, Timeline, Transfer } from "./timeline.ts";

/** Limits of a row, because a daemon may send any number. */
const MOST = { bars: 100, transfers: 100, spans: 300, inputs: 20, warnings: 20 };

/** The steps that the page shows, with their numbers, by digest. */
export type ShownSteps = ReadonlyMap<string, { readonly step: Step; readonly number: number }>;

export interface RowContext {
  readonly timeline: Timeline;
  readonly shown: ShownSteps;
  /** The build isn't over: a step without an end still runs. */
  readonly isRunning: boolean;
  readonly placeOf: (name: string) => StepPlace;
  /** The number of characters of a step's log that the page keeps. */
  readonly logLimit: number;
}

export function row(step: Step, context: RowContext): string {
  const { duration } = context.timeline;
  const { stage, target, platform } = context.placeOf(step.name);
  const time = stepTime(step);
  const name = shown(step.name);
  const bars = pieces(
    step.bars,
    MOST.bars,
    (bar) => piece(`${step.outcome} bar`, bar, duration, ""),
  );
  const parts = pieces(
    step.transfers,
    MOST.transfers,
    (part) => piece("part", part, duration, partText(part)),
  );
  const data = { stage, target: [target, platform].filter(Boolean).join(" "), node: step.node };
  const keys = Object.entries(data).filter(([, value]) => value !== "")
    .map(([key, value]) => ` data-${key}="${shown(value, 200)}"`).join("");
  const line = step.source === undefined
    ? ""
    : `<span class="line" title="${
      shown(step.source.file, 200)
    }:${step.source.line}">${step.source.line}</span>`;
  const number = context.shown.get(step.digest)?.number;
  return `<details class="step${step.critical ? " critical" : ""}" id="s${number}"` +
    ` data-at="${Math.round(step.bars[0]!.start)}" data-ms="${Math.round(time)}"` +
    ` data-outcome="${step.outcome}"${keys}` +
    // The log of a failed step is why the user opens the page.
    `${step.outcome === "failed" ? " open" : ""}><summary>` +
    `<span class="name" title="${name}">${line}${badges(step, context)}${name}</span>` +
    `<span class="track">${bars}${parts}</span>` +
    `<span class="time">${
      step.outcome === "cached" ? "CACHED" : lengthText(time)
    }</span></summary>` +
    `<div class="more">${more(step, context)}</div></details>`;
}

/** The state of a step in words, where its colour alone would tell it. */
function badges({ outcome, warnings }: Step, { isRunning }: RowContext): string {
  const badge = (kind: string, text: string) => `<span class="badge ${kind}">${text}</span>`;
  const count = warnings.length;
  return (outcome === "failed" || outcome === "canceled" ? badge(outcome, outcome) : "") +
    (outcome === "unfinished" ? badge("running", isRunning ? "running" : "not finished") : "") +
    (count > 0 ? badge("warning", `${count} ${count === 1 ? "warning" : "warnings"}`) : "");
}

function more(step: Step, { timeline, shown: others, logLimit }: RowContext): string {
  let html = `<p class="where">${
    [
      step.source === undefined ? "" : `${shown(step.source.file, 200)}:${step.source.line}`,
      step.node === "" ? "" : `node ${shown(step.node, 200)}`,
      timeline.origin === 0 ? "" : `started ${timeHtml(timeline.origin + step.bars[0]!.start)}`,
      needs(step, others),
    ].filter(Boolean).join(" · ")
  }</p>`;
  if (step.error) html += `<p class="why">${shown(step.error, 10_000)}</p>`;
  for (const warning of step.warnings.slice(0, MOST.warnings)) {
    html += `<p class="warning">WARN: ${shown(warning)}</p>`;
  }
  if (step.transfers.length > 0) {
    html += `<table>${pieces(step.transfers, MOST.transfers, partRow)}</table>`;
  }
  html += spanRows(step.spans ?? [], timeline.duration);
  return html + (logHtml(step, logLimit) || `<p class="none">No output.</p>`);
}

/** Links to the steps whose results it needs. */
function needs({ inputs }: Step, others: ShownSteps): string {
  const known = inputs.flatMap((input) => others.get(input) ?? []).slice(0, MOST.inputs);
  if (known.length === 0) return "";
  return `needs ${
    known.map(({ step, number }) => `<a href="#s${number}">${shown(step.name, 60)}</a>`).join(", ")
  }`;
}

function logHtml({ log, dropped }: Step, limit: number): string {
  let from = log.length;
  for (let size = 0; from > 0; from--) {
    size += log[from - 1]!.length + 1;
    if (size > limit) break;
  }
  const missing = dropped + from;
  const lines = [
    ...missing > 0 ? [`[${missing} earlier lines are not kept]`] : [],
    ...log.slice(from).map(cleanLine),
  ];
  return lines.length === 0 ? "" : `<pre>${escape(lines.join("\n"))}</pre>`;
}

/** Cleans a line of output, and keeps its time. */
function cleanLine(line: string): string {
  const time = /^[\d.]+ /.exec(line)?.[0] ?? "";
  return time + clean(line.slice(time.length));
}

/** The operations of a trace, each below the one that it belongs to. */
export function spanRows(spans: readonly Span[], duration: number): string {
  if (spans.length === 0) return "";
  const rows = pieces(spans, MOST.spans, (span) => {
    const kind = `span${span.failed ? " failed" : ""} bar`;
    const lines = [span.name, ...span.lines].join("\n");
    return `<div class="span" title="${shown(lines, 600)}"><span class="name" style="--depth:${
      Math.min(span.depth, 20)
    }">${shown(span.name, 200)}</span><span class="track">${
      piece(kind, span, duration, "")
    }</span><span class="time">${lengthText(span.stop - span.start)}</span></div>`;
  });
  const more = spans.length - MOST.spans;
  return `<div class="spans">${rows}${
    more > 0 ? `<p class="none">${more} more operations are not shown.</p>` : ""
  }</div>`;
}

function partRow(part: Transfer): string {
  const amount = formatAmount(part.current, part.total);
  const cells = [amount, rateOf(part), lengthText(part.stop - part.start)];
  return `<tr><td>${shown(part.name, 300)}</td>${
    cells.map((cell) => `<td>${cell}</td>`).join("")
  }</tr>`;
}

function partText(part: Transfer): string {
  const amount = formatAmount(part.current, part.total);
  return [part.name.slice(0, 300), amount, rateOf(part)].filter(Boolean).join("  ");
}

/** Bytes a second; empty if too little time has passed. */
function rateOf({ current, start, stop }: Transfer): string {
  const ms = stop - start;
  return ms >= 10 && current > 0 ? `${formatBytes(Math.round(current / ms * 1000))}/s` : "";
}

/** A piece of a track: its left edge and its width in percent of the whole build. */
function piece(kind: string, { start, stop }: Bar, duration: number, title: string): string {
  const percent = (ms: number) => (duration > 0 ? ms / duration * 100 : 0).toFixed(3);
  const hover = title === "" ? "" : ` title="${shown(title, 500)}"`;
  return `<i class="${kind}" style="--l:${percent(start)};--w:${
    percent(stop - start)
  }"${hover}></i>`;
}

function pieces<T>(list: readonly T[], most: number, html: (item: T) => string): string {
  return list.slice(0, most).map(html).join("");
}
