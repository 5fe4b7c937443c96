import { placeOf, placesOf } from "./step_place.ts";
import type { SourceLine, Step, Timeline } from "./timeline.ts";

export interface DockerfileText {
  readonly name: string;
  readonly text: string;
}

/**
 * The timeline with the lines of its steps: those that the daemon reports, else those found by
 * number.
 *
 * @param known the line that the daemon reports for a step
 * @param textOf the Dockerfile of a target, if its text is at hand; the target is empty in a build
 * of one
 */
export function withLines(
  timeline: Timeline,
  known: (step: Step) => SourceLine | undefined,
  textOf: (target: string) => DockerfileText | undefined,
): Timeline {
  const readers = new Map<string, (stepName: string) => SourceLine | undefined>();
  const readerOf = (target: string) =>
    readers.getOrInsertComputed(target, () => {
      const file = textOf(target);
      if (file === undefined) return () => undefined;
      const lineOf = dockerfileLines(file.text);
      return (name) => {
        const line = lineOf(name);
        return line === undefined ? undefined : { file: file.name, line };
      };
    });
  const place = placesOf(timeline.steps.map(({ name }) => name));
  const steps = timeline.steps.map((step): Step => {
    const source = known(step) ?? readerOf(place(step.name).target)(step.name);
    return source === undefined ? step : { ...step, source };
  });
  return { ...timeline, steps };
}

interface Instruction {
  /** Counted from 1. */
  readonly line: number;
  readonly keyword: string;
}

interface Stage {
  readonly name: string;
  /** The instructions that the frontend numbers. */
  readonly steps: Instruction[];
  readonly from: Instruction;
}

/** Instructions that become steps of their own. */
const NUMBERED = ["ADD", "COPY", "RUN", "WORKDIR"];

/**
 * Finds the line of a Dockerfile that a step comes from, by the stage and the number in the step's
 * name. It serves where the daemon doesn't report lines: in a running build, and in one that
 * failed.
 *
 * @returns undefined for a step of the frontend, and where the number doesn't fit the text
 */
export function dockerfileLines(text: string): (stepName: string) => number | undefined {
  const list = stagesOf(text);
  const stages = new Map(list.map((stage) => [stage.name, stage]));
  return (name) => {
    const { stage: stageName, index, count, text } = placeOf(name);
    // The only stage isn't named in the steps; a target of a bake may stand in its place.
    const stage = list.length === 1 ? list[0] : stages.get(stageName.toLowerCase());
    if (stage === undefined || index === 0) return undefined;
    // The frontend counts FROM if it names an image, and no other stage.
    const extra = count - stage.steps.length;
    if (extra !== 0 && extra !== 1) return undefined;
    const found = index - extra === 0 ? stage.from : stage.steps[index - extra - 1];
    const keyword = /^[a-z]+/i.exec(text)?.[0].toUpperCase();
    return found?.keyword === keyword ? found?.line : undefined;
  };
}

function stagesOf(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const { words, ...instruction } of instructionsOf(text)) {
    if (instruction.keyword === "FROM") {
      const as = words.findIndex((word) => word.toLowerCase() === "as");
      const given = as > 0 ? words[as + 1]?.toLowerCase() : undefined;
      stages.push({ name: given ?? `stage-${stages.length}`, steps: [], from: instruction });
    } else if (NUMBERED.includes(instruction.keyword)) stages.at(-1)?.steps.push(instruction);
  }
  return stages;
}

/**
 * The instructions, without comments and without the lines that belong to another one's heredoc.
 */
function* instructionsOf(text: string): Generator<Instruction & { readonly words: string[] }> {
  const lines = text.split(/\r?\n/);
  const escape = /^#[ \t]*escape[ \t]*=[ \t]*`/im.test(text) ? "`" : "\\";
  for (let at = 0; at < lines.length; at++) {
    const words = lines[at]!.trim().split(/[ \t]+/);
    const keyword = words[0]!.toUpperCase();
    if (keyword === "" || keyword.startsWith("#")) continue;
    yield { line: at + 1, keyword, words };
    const documents = [...lines[at]!.matchAll(/<<-?(["']?)(\w+)\1/g)].map((found) => found[2]!);
    while (lines[at]?.trimEnd().endsWith(escape) || isSkipped(lines, at)) at++;
    if (keyword !== "RUN" && keyword !== "COPY" && keyword !== "ADD") continue;
    for (const end of documents) {
      while (at + 1 < lines.length && lines[at + 1]!.trim() !== end) at++;
      at++;
    }
  }
}

/** Comments within a continued instruction don't end it. */
function isSkipped(lines: readonly string[], at: number): boolean {
  return lines[at]?.trimStart().startsWith("#") ?? false;
}
