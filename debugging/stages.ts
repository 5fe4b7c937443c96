/**
 * The stage of a step. The progress shows it in brackets, `[linux/amd64->arm64 build 2/5]`. If the
 * build needs one stage alone, the step's line in the Dockerfile shows the stage.
 */
import { stagesOf } from "../builds/hints/dockerfile_text.ts";
import { placeOf } from "../progress/timeline/step_place.ts";
import type { BuildDefinition, BuildStep } from "./definition.ts";

/** A step's place among those of its stage. */
export interface StagePlace {
  /** Empty for a stage that has no name. */
  readonly stage: string;
  /** `2/5`, as the progress shows it. */
  readonly count: string;
}

/** Undefined for steps that aren't a stage's, such as the one that reads the Dockerfile. */
export function stagePlace(step: BuildStep, definition: BuildDefinition): StagePlace | undefined {
  const { stage, index, count } = placeOf(step.name);
  if (count === 0) return undefined;
  return { count: `${index}/${count}`, stage: stage || writtenStage(step, definition) };
}

/** The name of the stage that a step's first line is in. */
function writtenStage({ places }: BuildStep, { files }: BuildDefinition): string {
  const place = places.at(-1);
  if (place === undefined) return "";
  const lines = new TextDecoder().decode(files[place.file]?.data).split("\n");
  return lines.slice(0, place.range.start?.line ?? 0)
    .findLast((line) => /^\s*FROM\s/i.test(line))
    ?.match(/\sAS\s+([a-z][\w.-]*)\s*$/i)?.[1]?.toLowerCase() ?? "";
}

/** The names that the Dockerfile gives to stages, needed or not. */
export function writtenStages({ files }: BuildDefinition): readonly string[] {
  const [file] = files;
  return stagesOf(new TextDecoder().decode(file?.data)).map((name) => name.toLowerCase());
}
