import { milliseconds } from "../../../base/go/time.ts";
import { lengthText, shown, timeHtml } from "../../../progress/timeline/page_text.ts";
import { statusOf } from "../records/filters.ts";
import { failureText, resultText } from "../records/display_name.ts";
import { elapsed, fullRef, type HistoryRecord } from "../records/records.ts";
import { servedPage } from "./served_page.ts";

export interface ListedBuild {
  readonly found: HistoryRecord;
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
  const statuses = [...new Set(builds.map(({ found }) => statusOf(found.record)))].sort();
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

function row({ found, name }: ListedBuild, now: number): string {
  const { record, at } = found;
  const status = statusOf(record);
  const taken = record.CompletedAt === undefined
    ? record.CreatedAt === undefined ? 0 : Math.max(0, now - milliseconds(record.CreatedAt))
    : Number(elapsed(found) ?? 0n) / 1e6;
  const result = status === "completed" ? resultText(record) : "";
  const error = record.error?.message ?? "";
  const ref = shown(fullRef(found), 500);
  const created = record.CreatedAt === undefined ? "" : timeHtml(milliseconds(record.CreatedAt));
  return `<li data-status="${status}"><input type="checkbox" name="build" value="${ref}" aria-label="Choose ${ref}">` +
    `<div><a href="${shown(addressOf(found), 1000)}">${
      shown(name, 300)
    }</a> <b class="state ${status}">${status}</b>` +
    `<p>${created} · ${
      lengthText(taken)
    } · ${record.numCachedSteps} of ${record.numTotalSteps} steps cached · ${
      shown(`${at.builder.name}/${at.node.name}`, 300)
    }</p>` +
    (result === "" ? "" : `<p class="result">${shown(result, 500)}</p>`) +
    (error === "" || status === "canceled"
      ? ""
      : `<p class="why">${shown(failureText(error), 500)}</p>`) +
    `</div></li>`;
}
