/**
 * The stage of a step. The progress shows it in brackets, `[linux/amd64->arm64 build 2/5]`. Where
 * the build needs one stage alone, the line of the step in the Dockerfile tells it.
 */
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
  const [, inside = ""] = /^\[([^\]]*)\]/.exec(step.name) ?? [];
  const words = inside.split(" ").filter((word) => word !== "");
  const count = words.pop() ?? "";
  if (!/^\d+\/\d+$/.test(count) || words[0] === "internal") return undefined;
  // A stage's name has no slash, and a platform has one.
  const shown = words.find((word) => !word.includes("/"));
  return { count, stage: shown ?? writtenStage(step, definition) };
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
  const text = new TextDecoder().decode(file?.data);
  return [...text.matchAll(/^\s*FROM\s.*\sAS\s+([a-z][\w.-]*)\s*$/gim)].map(([, name = ""]) =>
    name.toLowerCase()
  );
}
