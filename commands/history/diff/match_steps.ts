import { placeOf } from "../../../progress/timeline/step_place.ts";
import type { Step } from "../../../progress/timeline/timeline.ts";
import { plainDigest } from "../records/recorded_build.ts";

/** A step of one build and its counterpart in the other; one of them may be missing. */
export interface StepPair {
  readonly a?: Step;
  readonly b?: Step;
}

/**
 * Finds each step's counterpart, in the order of the second build; steps that only the first one
 * has follow.
 *
 * Steps belong together by the first of these that fits: the same digest, the same name, the same
 * instruction in the same stage, or the same number and kind of instruction there. Digests of
 * images in names don't count.
 */
export function matchSteps(a: readonly Step[], b: readonly Step[]): StepPair[] {
  const ofA = new Map<Step, Step>();
  const taken = new Set<Step>();
  for (const keyOf of KEYS) {
    const open = new Map<string, Step[]>();
    for (const step of a) {
      const key = taken.has(step) ? "" : keyOf(step);
      if (key === "") continue;
      const known = open.get(key);
      if (known === undefined) open.set(key, [step]);
      else known.push(step);
    }
    // The earliest comes first.
    for (const steps of open.values()) steps.reverse();
    for (const step of b) {
      if (ofA.has(step)) continue;
      const found = open.get(keyOf(step))?.pop();
      if (found === undefined) continue;
      ofA.set(step, found);
      taken.add(found);
    }
  }
  return [
    ...b.map((step): StepPair => {
      const other = ofA.get(step);
      return other === undefined ? { b: step } : { a: other, b: step };
    }),
    ...a.filter((step) => !taken.has(step)).map((step): StepPair => ({ a: step })),
  ];
}

/** The name without the digests of images. */
export function plainName(name: string): string {
  return name.replace(/@sha256:[0-9a-f]{64}/g, "");
}

/** From the strictest to the loosest; an empty key matches nothing. */
const KEYS: readonly ((step: Step) => string)[] = [
  ({ digest }) => plainDigest(digest),
  ({ node, name }) => `${node} ${plainName(name)}`,
  ({ name }) => plainName(name),
  ({ name }) => {
    const { target, platform, stage, index, text } = placeOf(name);
    return index === 0 ? "" : JSON.stringify([target, platform, stage, plainName(text)]);
  },
  ({ name }) => {
    const { target, platform, stage, index, text } = placeOf(name);
    const [keyword] = text.split(" ", 1);
    return index === 0 ? "" : JSON.stringify([target, platform, stage, index, keyword]);
  },
  // A stage without a name is numbered, so its name changes with the stages before it.
  ({ name }) => {
    const { index, text } = placeOf(name);
    return index === 0 ? "" : plainName(text);
  },
];
