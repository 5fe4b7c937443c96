/**
 * How users name a step: `builder 2/5` or `builder 2` as the progress shows it in brackets, a stage
 * for its last step, a line of the Dockerfile, or nothing for the result.
 */
import { UsageError } from "../base/usage_error.ts";
import { nearest } from "../base/nearest.ts";
import type { BuildStep } from "./definition.ts";
import type { PlatformResult } from "./results.ts";

/** A step of one of the results. */
export interface ChosenStep {
  readonly of: PlatformResult;
  /** Undefined for the result itself. */
  readonly step: BuildStep | undefined;
}

/** `STEP:PATH` in two parts; a path begins at the root. Throws `UsageError` without a path. */
export function stepAndPath(flag: string, text: string): { step: string; path: string } {
  const colon = text.indexOf(":");
  if (colon < 0) {
    throw new UsageError(
      `invalid value ${JSON.stringify(text)} of --${flag}: it needs STEP:PATH`,
      `for a path in the result: --${flag} :/${text.replace(/^\//, "")}`,
    );
  }
  const path = text.slice(colon + 1);
  if (path === "") throw new UsageError(`invalid value "${text}" of --${flag}: the path is empty`);
  return { step: text.slice(0, colon), path: path.startsWith("/") ? path : `/${path}` };
}

/** Finds the step that a text names. Throws `UsageError` with the steps that there are. */
export function chooseStep(text: string, results: readonly PlatformResult[]): ChosenStep {
  const [first] = results;
  if (first === undefined) {
    throw new UsageError("the result has no files", "it is an empty image, FROM scratch");
  }
  const words = text.trim().replace(/^\[(.*)\]$/, "$1").split(/\s+/).filter((word) => word !== "");
  const of = results.find(({ platform }) => platform !== "" && platform === words[0]);
  if (of !== undefined) words.shift();
  const result = of ?? first;
  if (words.length === 0) return { of: result, step: undefined };
  const steps = [...result.definition.steps.values()];
  const step = steps.findLast((step) => isNamed(step, words)) ?? atLine(steps, words);
  if (step !== undefined) return { of: result, step };
  const names = [...new Set(steps.flatMap((step) => bracketsOf(step).join(" ") || []))];
  const near = nearest(words.join(" "), names);
  throw new UsageError(
    `no step is called ${JSON.stringify(text)}`,
    near === undefined
      ? `the steps are ${names.join(", ")}; a line of the Dockerfile names a step, too`
      : `did you mean ${JSON.stringify(near)}?`,
  );
}

/** The words in a step's brackets, without the platform. */
function bracketsOf({ name }: BuildStep): string[] {
  const [, inside = ""] = /^\[([^\]]*)\]/.exec(name) ?? [];
  const words = inside.split(" ").filter((word) => word !== "");
  if (words[0] === "internal") return [];
  return /^\w+\/\w+(\/\w+)?$/.test(words[0] ?? "") && words.length > 1 && !/^\d/.test(words[0]!)
    ? words.slice(1)
    : words;
}

function isNamed(step: BuildStep, words: readonly string[]): boolean {
  const own = bracketsOf(step);
  const count = own.at(-1) ?? "";
  if (words.length > own.length || !/^\d+\/\d+$/.test(count)) return false;
  const stage = own.slice(0, -1).join(" ");
  if (words.length === 1 && own.length === 2) return words[0] === stage;
  const position = words.at(-1)!;
  return words.slice(0, -1).join(" ") === stage &&
    (position === count || own.length === 2 && position === count.split("/")[0]);
}

function atLine(steps: readonly BuildStep[], words: readonly string[]): BuildStep | undefined {
  const [, digits] = /^(?:line )?(\d+)$/.exec(words.join(" ")) ?? [];
  if (digits === undefined) return undefined;
  const line = Number(digits);
  return steps.findLast(({ places }) =>
    places.some(({ range: { start, end } }) =>
      line >= (start?.line ?? 0) && line <= Math.max(start?.line ?? 0, end?.line ?? 0)
    )
  );
}
