/**
 * A build's timeline as one self-contained HTML page with nothing to fetch: a summary, and a row
 * for each step. A step's log opens by `<details>`, so the page is of use where no script runs,
 * too.
 */
import { formatBytes } from "../../base/units.ts";
import { htmlDocument } from "./document.ts";
import { ticks, tickStep } from "./page_axis.ts";
import { row, type RowContext, type ShownSteps, spanRows } from "./page_rows.ts";
import { lengthText, shown, timeHtml } from "./page_text.ts";
import { placesOf } from "./step_place.ts";
import { stepTime, type Summary, summaryOf } from "./summary.ts";
import type { Step, Timeline } from "./timeline.ts";

/** Facts about the build, which the page shows above the steps. */
export interface PageFacts {
  /** A readable name of the build. */
  readonly title: string;
  readonly outcome: "finished" | "failed" | "canceled" | "running";
  /** The error of a failed build, shown above the steps. */
  readonly error?: string;
  /** The lines of the Dockerfile around the failure. */
  readonly excerpt?: string;
  /** Milliseconds since 1970. */
  readonly started?: number;
  /** Further facts in the order to show them: builder, ref. Empty values are left out. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The text of the page. */
export function timelinePage(timeline: Timeline, facts: PageFacts): string {
  return htmlDocument({
    title: `${facts.title.slice(0, 300)} – build timeline`,
    body: `${timelineHead(timeline, facts)}\n${timelineBody(timeline, facts)}`,
  });
}

/** The name of the build, its outcome, and its error. */
export function timelineHead({ duration, steps }: Timeline, facts: PageFacts): string {
  const { outcome, started, error, excerpt } = facts;
  const warnings = steps.reduce((sum, { warnings }) => sum + warnings.length, 0);
  const cached = steps.filter(({ outcome }) => outcome === "cached").length;
  const said = [
    `<b class="${outcome}">${outcome}</b> ${outcome === "running" ? "for" : "in"} <b>${
      lengthText(duration)
    }</b>`,
    `${counted(steps.length, "step")}, ${cached} cached`,
    ...warnings === 0 ? [] : [counted(warnings, "warning")],
    ...started === undefined ? [] : [`started ${timeHtml(started)}`],
    ...facts.facts.filter(([, value]) => value !== "")
      .map(([name, value]) => `${shown(name)} <b>${shown(value)}</b>`),
  ];
  return `<h1>${shown(facts.title, 300)}</h1>
<p class="facts">${said.join(" · ")}</p>
${error ? `<p class="error">${shown(error, 10_000)}</p>\n` : ""}${
    excerpt ? `<pre class="excerpt">${shown(excerpt, 20_000)}</pre>\n` : ""
  }`;
}

/** The number of steps on a page, and the number of characters of all their logs. */
const MOST = { steps: 5000, log: 16 << 20, failedLog: 512 << 10 };

/** The summary, the tools and the steps. */
export function timelineBody(timeline: Timeline, { outcome }: Pick<PageFacts, "outcome">): string {
  const { duration } = timeline;
  const isRunning = outcome === "running";
  const placeOf = placesOf(timeline.steps.map(({ name }) => name));
  const steps = shownSteps(timeline.steps);
  const left = timeline.steps.length - steps.length;
  const byDigest = new Map(steps.map((step, at) => [step.digest, { step, number: at }]));
  const logs = steps.filter(({ log }) => log.length > 0).length;
  const perLog = Math.floor(MOST.log / Math.max(1, logs));
  const rows = steps.map((step) =>
    row(step, {
      timeline,
      shown: byDigest,
      isRunning,
      placeOf,
      logLimit: step.outcome === "failed" ? Math.max(MOST.failedLog, perLog) : perLog,
    })
  );
  const spans = timeline.spans ?? [];
  return `${summaryHtml(timeline, byDigest)}
${tools(steps, { isRunning, placeOf })}
<main style="--tick:${duration > 0 ? (tickStep(duration) / duration * 100).toFixed(3) : 100}%" ` +
    `data-duration="${Math.round(duration)}">
<div class="axis"><span class="name"></span><span class="track">${
      ticks(duration)
    }</span><span class="time"></span></div>
<div id="steps">
${rows.join("\n")}
</div>
<p id="nothing" hidden>No step matches.</p>
${left > 0 ? `<p class="none">${left} shorter steps are not shown.</p>` : ""}
${
      spans.length === 0
        ? ""
        : `<details class="trace"><summary><span class="name">trace: ${
          counted(spans.length, "operation")
        } outside of steps</span><span class="track"></span><span class="time"></span></summary>` +
          `<div class="more">${spanRows(spans, duration)}</div></details>`
    }
</main>`;
}

/** If there are too many steps, those that matter: the critical path, failures, and the longest. */
function shownSteps(steps: readonly Step[]): readonly Step[] {
  if (steps.length <= MOST.steps) return steps;
  const weight = (step: Step) =>
    step.outcome === "failed" ? Infinity : step.critical ? Number.MAX_VALUE : stepTime(step);
  const kept = new Set(
    steps.map((step) => ({ step, weight: weight(step) }))
      .sort((a, b) => a.weight === b.weight ? 0 : b.weight - a.weight)
      .slice(0, MOST.steps).map(({ step }) => step),
  );
  return steps.filter((step) => kept.has(step));
}

function summaryHtml(timeline: Timeline, shown: ShownSteps): string {
  const { duration, steps } = timeline;
  if (steps.length === 0) return "";
  const summary = summaryOf(timeline);
  const tiles: [string, string, string][] = [
    [
      "Critical path",
      lengthText(summary.critical.time),
      summary.critical.count === 1
        ? "1 step"
        : `${summary.critical.count} steps, each waiting for the one before`,
    ],
    [
      "Parallelism",
      duration > 0 ? `${(summary.work / duration).toFixed(1)}×` : "–",
      `${lengthText(summary.work)} of work; at most ${counted(summary.peak, "step")} at a time`,
    ],
    [
      "Cached",
      `${Math.round(summary.cached / steps.length * 100)}%`,
      `${summary.cached} of ${counted(steps.length, "step")}`,
    ],
    [
      "Bytes",
      formatBytes(summary.bytes.reduce((sum, { amount }) => sum + amount, 0)),
      summary.bytes.map(({ purpose, amount }) => `${purpose} ${formatBytes(amount)}`).join(", ") ||
      "nothing was transferred",
    ],
  ];
  return `<section class="summary" aria-label="Summary">${
    tiles.map(([name, figure, text]) =>
      `<div class="tile"><h2>${name}</h2><p class="figure">${figure}</p><p>${text}</p></div>`
    ).join("")
  }${slowest(summary, shown, duration)}</section>`;
}

function slowest({ slowest }: Summary, steps: ShownSteps, duration: number) {
  if (slowest.length === 0) return "";
  const rows = slowest.map((step) => {
    const time = stepTime(step);
    const share = duration > 0 ? Math.round(time / duration * 100) : 0;
    const name = shown(step.name, 300);
    return `<li><a href="#s${steps.get(step.digest)?.number}" title="${name}">${name}</a>` +
      `<span>${lengthText(time)}, ${share}%</span></li>`;
  });
  return `<div class="tile slowest"><h2>Slowest steps</h2><ol>${rows.join("")}</ol></div>`;
}

/** The controls, of which a page without scripts has only the critical path, and the legend. */
function tools(
  steps: readonly Step[],
  { isRunning, placeOf }: Pick<RowContext, "isRunning" | "placeOf">,
): string {
  const places = steps.map(({ name }) => placeOf(name));
  const hasTargets = several(places.map(({ target }) => target));
  const hasPlatforms = several(places.map(({ platform }) => platform));
  const targets = hasTargets ? hasPlatforms ? "target and platform" : "target" : "platform";
  const groups = [
    ...several(places.map(({ stage }) => stage)) ? [["stage", "stage"]] : [],
    ...hasTargets || hasPlatforms ? [["target", targets]] : [],
    ...several(steps.map(({ node }) => node)) ? [["node", "node"]] : [],
  ];
  const options = (pairs: readonly (readonly string[])[]) =>
    pairs.map(([value, text]) => `<option value="${value}">${text}</option>`).join("");
  return `<form class="tools" aria-label="Steps">
<span class="scripted"><input type="search" id="search" placeholder="Search steps ( / )" aria-label="Search steps">
<label>Sort by <select id="sort">${
    options([["at", "start"], ["ms", "duration"], ["name", "name"]])
  }</select></label>
${
    groups.length === 0
      ? ""
      : `<label>Group by <select id="group">${
        options([["", "nothing"], ...groups])
      }</select></label>`
  }
<label>Show <select id="least">${
    options([["0", "all steps"], ["100", "100ms or longer"], ["1000", "1s or longer"], [
      "10000",
      "10s or longer",
    ]])
  }</select></label>
<label><input type="checkbox" id="uncached"> Hide cached steps</label></span>
<label><input type="checkbox" id="only"> Critical path only</label>
<span class="scripted zoom" role="group" aria-label="Zoom"><button type="button" id="zoom-in" title="Zoom in ( + )">+</button>
<button type="button" id="zoom-out" title="Zoom out ( - )">−</button>
<button type="button" id="zoom-all" title="The whole build ( 0 )">Whole build</button>
<input type="range" id="from" min="0" max="1000" value="0" aria-label="Part of the build" disabled></span>
</form>
<div class="legend">${legend(steps, isRunning)}</div>`;
}

function several(values: readonly string[]): boolean {
  return new Set(values.filter((value) => value.trim() !== "")).size > 1;
}

/** A legend of what occurs. */
function legend(steps: readonly Step[], isRunning: boolean): string {
  const occurring = new Set<string>(steps.map(({ outcome }) => outcome));
  const kinds = [
    ["done", "done", "ran"],
    ["cached", "cached", "cached"],
    ["failed", "failed bar", "failed"],
    ["canceled", "canceled bar", "canceled"],
    ["unfinished", "unfinished", isRunning ? "running" : "not finished"],
  ] as const;
  const items = kinds.filter(([outcome]) => occurring.has(outcome))
    .map(([, kind, text]) => `<span><i class="${kind}"></i>${text}</span>`);
  if (steps.some(({ transfers }) => transfers.length > 0)) {
    items.push(`<span><i class="part"></i>transfers and parts of steps</span>`);
  }
  if (steps.some(({ spans = [] }) => spans.length > 0)) {
    items.push(`<span><i class="span"></i>operations of the trace</span>`);
  }
  if (steps.some(({ critical }) => critical)) {
    items.push(`<span><span class="mark"></span> critical path</span>`);
  }
  if (steps.some(({ source }) => source !== undefined)) {
    items.push(`<span><span class="line">12</span> line of the Dockerfile</span>`);
  }
  return items.join("");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
