import { htmlDocument } from "../../../progress/timeline/document.ts";
import { lengthText, shown, timeHtml } from "../../../progress/timeline/page_text.ts";
import { fullRef } from "../records/records.ts";
import type { RecordedBuild } from "../records/recorded_build.ts";
import type { Comparison, StepRow } from "./compare.ts";
import { causeText, deltaText, inputText, notableRows, stateText } from "./diff_words.ts";

type Builds = readonly [RecordedBuild, RecordedBuild];

/** The number of rows on the page. */
const MOST_ROWS = 2000;

/**
 * The comparison as one HTML file.
 *
 * @param address the address of each build's own page; without it the builds are no links
 */
export function diffPage(
  builds: Builds,
  comparison: Comparison,
  address?: (build: RecordedBuild) => string,
): string {
  const [a, b] = builds;
  const title = `${a.title} and ${b.title}`;
  return htmlDocument({
    title: `${title} – builds compared`,
    body: `<h1>Two builds compared</h1>\n${diffBody(builds, comparison, address)}`,
  });
}

/** @param address the address of each build's own page; without it the builds are no links */
export function diffBody(
  [a, b]: Builds,
  { rows, inputs, lacking }: Comparison,
  address?: (build: RecordedBuild) => string,
): string {
  const delta = b.timeline.duration - a.timeline.duration;
  const notable = notableRows(rows);
  const isNotable = new Set(notable);
  const alike = rows.filter((row) => !isNotable.has(row));
  const longest = rows.reduce((most, row) => Math.max(most, row.timeA, row.timeB), 1);
  const list = [...notable, ...alike];
  const more = list.length - MOST_ROWS;
  const verdict = Math.abs(delta) < 10
    ? "B took as long as A."
    : `B took <b class="${delta > 0 ? "slower" : "faster"}">${lengthText(Math.abs(delta))} ${
      delta > 0 ? "longer" : "less"
    }</b> than A.`;
  return `<div class="cards">${card("A", a, address)}${card("B", b, address)}</div>
<p class="verdict">${verdict}</p>
${
    inputs.length === 0
      ? ""
      : `<h2>Inputs that changed</h2>\n<ul class="inputs">${
        inputs.slice(0, 100).map((input) => `<li>${shown(inputText(input))}</li>`).join("")
      }</ul>\n`
  }${lacking.map((sentence) => `<p class="lacking">${shown(sentence)}</p>\n`).join("")}
<h2>Steps</h2>
<div class="legend"><span><i class="was"></i>time in A</span><span><i class="done"></i>time in B</span>
<label><input type="checkbox" id="alike"> also the ${alike.length} steps that are alike</label></div>
<table class="diff">
<thead><tr><th scope="col">Step</th><th scope="col">A</th><th scope="col">B</th><th scope="col">B − A</th></tr></thead>
<tbody>
${list.slice(0, MOST_ROWS).map((row) => rowHtml(row, longest, isNotable.has(row))).join("\n")}
</tbody></table>
${more > 0 ? `<p class="lacking">${more} more steps are not shown.</p>` : ""}`;
}

function card(letter: string, build: RecordedBuild, address?: (build: RecordedBuild) => string) {
  const { found, title, outcome, timeline, error } = build;
  const name = shown(title, 300);
  const created = found.record.CreatedAt;
  const time = created === undefined ? "" : ` · ${timeHtml(Number(created.seconds) * 1000)}`;
  const link = address === undefined ? name : `<a href="${shown(address(build))}">${name}</a>`;
  return `<section class="card"><h2>${letter} · ${link}</h2><p class="facts"><b class="${outcome}">${outcome}</b> in <b>${
    lengthText(timeline.duration)
  }</b>${time} · ${shown(fullRef(found), 400)}</p>${
    error === "" ? "" : `<p class="error">${shown(error)}</p>`
  }</section>`;
}

function rowHtml(row: StepRow, longest: number, isNotable: boolean): string {
  const delta = row.timeB - row.timeA;
  const name = shown(row.name, 1000);
  const causes = row.causes.map((cause) => `<p class="cause">${shown(causeText(cause))}</p>`).join(
    "",
  );
  const width = (ms: number) => `width:${(ms / longest * 100).toFixed(2)}%`;
  const kind = Math.abs(delta) < 10 ? "" : delta > 0 ? "slower" : "faster";
  return `<tr${
    isNotable ? "" : ' class="alike"'
  }><th scope="row"><span class="stepname" title="${name}">${name}</span>${causes}` +
    `<span class="bars"><i class="was" style="${width(row.timeA)}"></i><i class="done" style="${
      width(row.timeB)
    }"></i></span></th>` +
    `<td>${stateText(row.a, row.timeA)}</td><td>${stateText(row.b, row.timeB)}</td>` +
    `<td class="${kind}">${deltaText(delta)}</td></tr>`;
}
