import { type PageFacts, timelineBody, timelineHead } from "../../../progress/timeline/page.ts";
import { shown } from "../../../progress/timeline/page_text.ts";
import type { Timeline } from "../../../progress/timeline/timeline.ts";
import type { inspection, Pair } from "../inspect/inspection.ts";
import type { Attachment } from "../records/attachments.ts";
import { servedPage } from "./served_page.ts";

export interface BuildPage {
  readonly facts: PageFacts;
  readonly timeline: Timeline;
  readonly inputs: ReturnType<typeof inspection>;
  readonly attachments: readonly Attachment[];
  /** Builds to compare it with: the address of the comparison, and a name for the link. */
  readonly comparisons: readonly (readonly [address: string, name: string])[];
}

/** The number of rows of each list. */
const MOST = 500;

/**
 * The page of one build: timeline, inputs, attachments, comparisons. Addresses are relative to it.
 */
export function buildPage(page: BuildPage): string {
  const { facts, timeline } = page;
  return servedPage({
    title: `${facts.title.slice(0, 300)} – ${facts.outcome}`,
    home: "../../../../",
    events: "events",
    body: `${timelineHead(timeline, facts)}
<p class="links"><a href="log" target="_blank" rel="noopener">the whole log</a>${
      page.comparisons.map(([address, name]) => ` · <a href="${shown(address)}">${shown(name)}</a>`)
        .join("")
    }</p>
${timelineBody(timeline, facts)}
<h2>Inputs</h2>
${inputsHtml(page.inputs)}
<h2>Attachments</h2>
${attachmentsHtml(page.attachments)}`,
  });
}

function inputsHtml(inputs: BuildPage["inputs"]): string {
  const config = Object.entries(inputs.Config).flatMap(([name, value]): Pair[] => {
    if (name === "RestRaw" || value === "" || value === false) return [];
    if (Array.isArray(value)) {
      return value.length === 0 ? [] : [{ Name: name, Value: value.map(String).join(", ") }];
    }
    return [{ Name: name, Value: String(value) }];
  });
  const named = (prefix: string, pairs: readonly Pair[]) =>
    pairs.map(({ Name, Value }): Pair => ({ Name: `${prefix} ${Name}`, Value }));
  const rows: Pair[] = [
    { Name: "Context", Value: inputs.Context },
    { Name: "Dockerfile", Value: inputs.Dockerfile },
    { Name: "Target", Value: inputs.Target },
    { Name: "Platforms", Value: inputs.Platform.join(", ") },
    { Name: "Repository", Value: inputs.VCSRepository },
    { Name: "Revision", Value: inputs.VCSRevision },
    ...named("Build argument", inputs.BuildArgs),
    ...named("Label", inputs.Labels),
    ...named("Named context", inputs.NamedContexts),
    ...config,
    ...inputs.Config.RestRaw.filter(({ Name }) => !Name.startsWith("local-sessionid:")),
    ...inputs.Materials.map(({ URI, Digests }) => ({ Name: URI, Value: Digests.join(" ") })),
  ].filter(({ Value }) => Value !== "");
  return table(
    rows.map(({ Name, Value }) => [shown(Name, 300), shown(Value)]),
    "None are recorded.",
  );
}

function attachmentsHtml(attachments: readonly Attachment[]): string {
  const rows = attachments.map(({ digest, platform, type }) => [
    shown(type, 300),
    shown(platform, 100),
    `<a href="attachment/${
      shown(encodeURIComponent(digest), 300)
    }" target="_blank" rel="noopener">${shown(digest, 100)}</a>`,
  ]);
  return table(rows, "The record has none.");
}

function table(rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return `<p class="none">${none}</p>`;
  const more = rows.length - MOST;
  return `<table class="facts-table">${
    rows.slice(0, MOST).map(([name, ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`
    ).join("\n")
  }</table>${more > 0 ? `<p class="none">${more} more are not shown.</p>` : ""}`;
}
