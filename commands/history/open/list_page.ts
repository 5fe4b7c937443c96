import { milliseconds } from "../../../base/go/time.ts";
import { lengthText, shown, timeHtml } from "../../../progress/timeline/page_text.ts";
import { statusOf } from "../records/filters.ts";
import { failureText, resultText } from "../records/display_name.ts";
import { elapsed, fullRef, type HistoryRecord } from "../records/records.ts";
import { servedPage } from "./served_page.ts";

export interface ListedBuild {
  /** The record of each node that built it; at least one. */
  readonly parts: readonly HistoryRecord[];
  readonly name: string;
}

export interface ListPage {
  /** The newest first. */
  readonly builds: readonly ListedBuild[];
  readonly problems: readonly { readonly builder: string; readonly reason: string }[];
  /** Builders that have not answered yet. */
  readonly pending: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The number of builds on the page. */
const MOST = 1000;

/** The list of the builds of all builders. */
export function listPage({ builds, problems, pending, now }: ListPage): string {
  const statuses = [...new Set(builds.map(({ parts }) => statusOf(tellingPart(parts).record)))]
    .sort();
  const more = builds.length - MOST;
  return servedPage({
    title: `${builds.length} builds`,
    home: "",
    events: "events",
    body: `<h1>${builds.length} ${builds.length === 1 ? "build" : "builds"}</h1>
<form class="compare" action="compare">
<div class="tools"><span class="scripted"><input type="search" id="search" placeholder="Search builds ( / )" aria-label="Search builds">
<label>Status <select id="status"><option value="">all</option>${
      statuses.map((status) => `<option>${status}</option>`).join("")
    }</select></label></span>
<button id="compare">Compare the two chosen builds</button></div>
${pending > 0 ? `<p class="none">${pending} builders have not answered yet.</p>` : ""}
<ul id="builds" class="builds">
${builds.slice(0, MOST).map((build) => row(build, now)).join("\n")}
</ul>
<p id="nothing"${builds.length > 0 ? " hidden" : ""}>${
      builds.length > 0 ? "No build matches." : "There are no builds yet."
    }</p>
</form>
${more > 0 ? `<p class="none">${more} older builds are not shown.</p>` : ""}
${
      problems.length === 0
        ? ""
        : `<details id="problems"><summary>${problems.length} ${
          problems.length === 1 ? "builder" : "builders"
        } can't be asked</summary><ul>${
          problems.slice(0, 100).map(({ builder, reason }) =>
            `<li><b>${shown(builder, 200)}</b>: ${shown(reason)}</li>`
          ).join("")
        }</ul></details>`
    }`,
  });
}

/** The relative address of a build's page, from the list. */
export function addressOf(found: HistoryRecord): string {
  return `build/${fullRef(found).split("/").map(encodeURIComponent).join("/")}/`;
}

/**
 * The part that tells how the whole build goes: one that runs, else one that failed, else a
 * canceled one.
 */
function tellingPart(parts: readonly HistoryRecord[]): HistoryRecord {
  const order = ["running", "error", "canceled"];
  const found = order.map((status) => parts.find(({ record }) => statusOf(record) === status));
  return found.find((part) => part !== undefined) ?? parts[0]!;
}

function row({ parts, name }: ListedBuild, now: number): string {
  const found = tellingPart(parts);
  const { record, at } = found;
  const status = statusOf(record);
  const taken = Math.max(
    ...parts.map((part) => {
      const { CompletedAt, CreatedAt } = part.record;
      return CompletedAt === undefined && CreatedAt !== undefined
        ? now - milliseconds(CreatedAt)
        : Number(elapsed(part) ?? 0n) / 1e6;
    }),
    0,
  );
  const steps = parts.reduce((sum, part) => sum + part.record.numTotalSteps, 0);
  const cached = parts.reduce((sum, part) => sum + part.record.numCachedSteps, 0);
  const nodes = parts.map((part) => part.at.node.name).sort().join(", ");
  const result = status === "completed" ? resultText(record) : "";
  const error = record.error?.message ?? "";
  const ref = shown(fullRef(found), 500);
  const created = record.CreatedAt === undefined ? "" : timeHtml(milliseconds(record.CreatedAt));
  return `<li data-status="${status}"><input type="checkbox" name="build" value="${ref}" aria-label="Choose ${ref}">` +
    `<div><a href="${shown(addressOf(found), 1000)}">${
      shown(name, 300)
    }</a> <b class="state ${status}">${status}</b>` +
    `<p>${created} · ${lengthText(taken)} · ${cached} of ${steps} steps cached · ${
      shown(`${at.builder.name}/${nodes}`, 300)
    }</p>` +
    (result === "" ? "" : `<p class="result">${shown(result, 500)}</p>`) +
    (error === "" || status === "canceled"
      ? ""
      : `<p class="why" title="${shown(failureText(error), 2000)}">${
        shown(failureText(error), 500)
      }</p>`) +
    `</div></li>`;
}
