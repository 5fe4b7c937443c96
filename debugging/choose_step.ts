/**
 * How users name a step: `builder 2/5` or `builder 2` as the progress shows it in brackets, a stage
 * for its last step, a line of the Dockerfile, or nothing for the result.
 */
import { UsageError } from "../base/usage_error.ts";
import { nearest } from "../base/nearest.ts";
import type { BuildDefinition, BuildStep } from "./definition.ts";
import type { PlatformResult } from "./results.ts";
import { type StagePlace, stagePlace, writtenStages } from "./stages.ts";
import { cut } from "../base/cut.ts";

/** A step of one of the results. */
export interface ChosenStep {
  readonly of: PlatformResult;
  /** Undefined for the result itself. */
  readonly step: BuildStep | undefined;
}

/** `STEP:PATH` in two parts; a path begins at the root. Throws `UsageError` without a path. */
export function stepAndPath(flag: string, text: string): { step: string; path: string } {
  const [step, path] = cut(text, ":");
  if (path === undefined) {
    throw new UsageError(
      `invalid value ${JSON.stringify(text)} of --${flag}: it needs STEP:PATH`,
      `for a path in the result: --${flag} :/${text.replace(/^\//, "")}`,
    );
  }
  if (path === "") throw new UsageError(`invalid value "${text}" of --${flag}: the path is empty`);
  return { step, path: path.startsWith("/") ? path : `/${path}` };
}

/**
 * Finds the step that a text names, on the first platform that has it. Throws `UsageError` with the
 * steps that there are.
 */
export function chooseStep(text: string, results: readonly PlatformResult[]): ChosenStep {
  const [first] = results;
  if (first === undefined) {
    throw new UsageError("the result has no files", "it is an empty image, FROM scratch");
  }
  const words = text.trim().replace(/^\[(.*)\]$/, "$1").split(/\s+/).filter((word) => word !== "");
  const of = results.find(({ platform }) => platform !== "" && platform === words[0]);
  if (of !== undefined) words.shift();
  if (words.length === 0) return { of: of ?? first, step: undefined };
  for (const result of of ? [of] : results) {
    const { definition } = result;
    const found = placedSteps(definition).findLast((place) => isNamed(place, words))?.step ??
      atLine([...definition.steps.values()], words);
    if (found !== undefined) return { of: result, step: found };
  }
  throw unknownStep(text, words, (of ?? first).definition);
}

function placedSteps(definition: BuildDefinition): (StagePlace & { readonly step: BuildStep })[] {
  return [...definition.steps.values()].flatMap((step) => {
    const place = stagePlace(step, definition);
    return place === undefined ? [] : { ...place, step };
  });
}

function unknownStep(
  text: string,
  words: readonly string[],
  definition: BuildDefinition,
): UsageError {
  const placed = placedSteps(definition);
  const names = [...new Set(placed.map(nameOf))];
  const stages = placed.map(({ stage }) => stage).filter((stage) => stage !== "");
  const near = nearest(words.join(" "), [...new Set([...stages, ...names])]);
  const [stage = ""] = words;
  if (near === undefined && writtenStages(definition).includes(stage.toLowerCase())) {
    return new UsageError(
      `this build doesn't need the stage ${JSON.stringify(stage)}`,
      `--target ${stage} builds it`,
    );
  }
  return new UsageError(
    `no step is called ${JSON.stringify(text)}`,
    near === undefined
      ? `the steps are ${names.join(", ")}; a line of the Dockerfile names a step, too`
      : `did you mean ${JSON.stringify(near)}?`,
  );
}

function nameOf({ stage, count }: StagePlace): string {
  return stage === "" ? count : `${stage} ${count}`;
}

/** Whether the words are a stage, `2/5`, or a stage with `2/5` or `2`. */
function isNamed({ stage, count }: StagePlace, words: readonly string[]): boolean {
  const [first = "", second, ...more] = words;
  if (more.length > 0) return false;
  const isStage = stage !== "" && first.toLowerCase() === stage.toLowerCase();
  if (second === undefined) return isStage || first === count;
  return isStage && (second === count || second === count.split("/")[0]);
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
