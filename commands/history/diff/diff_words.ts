/** The words for causes and inputs, on the terminal and on the page. */
import { lengthText } from "../../../progress/timeline/page_text.ts";
import type { Step } from "../../../progress/timeline/timeline.ts";
import { type Cause, isOwnWork, type StepRow } from "./compare.ts";
import type { InputChange } from "./input_changes.ts";
import type { FileChanges } from "./layer_files.ts";

/** The number of files that are named; the others are counted. */
const MOST_FILES = 5;

/** The longest value that is shown in full. */
const MOST_VALUE = 300;

/** A sentence without its full stop: `build argument VERSION: "1" → "2"`. */
export function causeText(cause: Cause): string {
  switch (cause.kind) {
    case "build argument":
      return `build argument ${cause.name}: ${change(cause)}`;
    case "environment":
      return `ARG or ENV ${cause.name}: ${change(cause)}`;
    case "base image":
      return `base image${cause.name === "" ? "" : ` ${cause.name}`}: ${change(cause)}`;
    case "source":
      return `source: ${change(cause)}`;
    case "instruction":
      return cause.name === "options"
        ? "options of the instruction changed: mounts, user, network or the like"
        : `instruction: ${change(cause)}`;
    case "follows":
      return `needs the result of ${shortName(cause.step)}, which ran`;
    case "context":
      return cause.files === undefined
        ? cause.layers === undefined
          ? "files of the context that it reads changed, or the cache no longer had its result; " +
            "the records have no digests of the files"
          : "files of the context that it reads changed"
        : filesText(cause.files);
    case "new":
      return "the step is new";
    case "no-cache":
      return "--no-cache";
    case "reused":
      return cause.isOwn ? "cached since A" : "cached since A or an earlier build";
    case "unknown":
      return cause.isElsewhere
        ? "no input changed: the other builder had no result of it"
        : "no input changed: the cache no longer had its result";
    case "platform":
      return `platform: ${change(cause)}`;
  }
}

function filesText({ changed, added, removed }: FileChanges): string {
  const texts = [["changed", changed], ["added", added], ["removed", removed]] as const;
  const parts = texts.filter(([, paths]) => paths.length > 0).map(([verb, paths]) => {
    const more = paths.length - MOST_FILES;
    const named = paths.slice(0, MOST_FILES).join(", ");
    return `${verb}: ${named}${more > 0 ? ` and ${more} more` : ""}`;
  });
  if (parts.length === 0) return "only times or owners of the files that it reads changed";
  return `files ${parts.join("; ")}`;
}

/** `VERSION: "1" → "2"`, with words for a value that is missing. */
export function inputText(input: InputChange): string {
  return `${input.kind} ${input.name}: ${change(input)}`;
}

function change({ a, b }: { readonly a: string; readonly b: string }): string {
  return `${valueText(a)} → ${valueText(b)}`;
}

function valueText(value: string): string {
  if (value === "") return "none";
  const digest = /^sha256:[0-9a-f]{12}/.exec(value)?.[0];
  if (digest !== undefined) return digest;
  return value.length <= MOST_VALUE ? value : `${value.slice(0, MOST_VALUE)}…`;
}

/** `[app 2/3] RUN make …`, on one line and not too long. */
function shortName(name: string): string {
  const line = name.replace(/\s+/g, " ");
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}

/** `cached`, `1.2s`, `none` for a step that the build doesn't have. */
export function stateText(step: Step | undefined, ms: number): string {
  if (step === undefined) return "none";
  switch (step.outcome) {
    case "cached":
      return "cached";
    case "failed":
      return `failed ${lengthText(ms)}`;
    case "canceled":
      return "canceled";
    default:
      return lengthText(ms);
  }
}

/** `+1.2s`, `-0.3s`; empty if the builds hardly differ. */
export function deltaText(ms: number): string {
  if (Math.abs(ms) < 10) return "0";
  return `${ms > 0 ? "+" : "-"}${lengthText(Math.abs(ms))}`;
}

/**
 * The rows to show: those with a cause, and those with another outcome or a noticeably other time.
 */
export function notableRows(rows: readonly StepRow[]): StepRow[] {
  const isNotable = ({ a, b, causes, timeA, timeB, name }: StepRow) =>
    causes.length > 0 || isOwnWork(name) && (a?.outcome !== b?.outcome) ||
    Math.abs(timeB - timeA) >= 100;
  const first = (row: StepRow) => Math.abs(row.timeB - row.timeA);
  return rows.filter(isNotable).sort((x, y) => first(y) - first(x));
}
