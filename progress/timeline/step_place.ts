/** The part of a build that a step belongs to, as BuildKit's Dockerfile frontend writes it before a step's name. */
export interface StepPlace {
  /** The stage: a name, or `stage-2` for one without a name; `internal` for steps of the frontend; else empty. */
  readonly stage: string;
  /** `linux/arm64` in builds for several platforms, else empty. */
  readonly platform: string;
  /** The target of `bake`, else empty. */
  readonly target: string;
  /** The step's number within its stage, and their count; both 0 for steps without a number. */
  readonly index: number;
  readonly count: number;
  /** The name behind the brackets: the instruction, as a rule. */
  readonly text: string;
}

const BRACKETS = /^\[([^\]\n]{1,400})\] ?/;
const NUMBERS = /^(\d{1,6})\/(\d{1,6})$/;
const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/i;

/**
 * Reads `[linux/arm64 app 2/3] RUN make`, `[internal] load build context`, and the same behind a target of
 * bake: `[web app 2/3] …`, `[web] exporting to image`.
 */
export function placeOf(name: string): StepPlace {
  const found = BRACKETS.exec(name);
  const none = { stage: "", platform: "", target: "", index: 0, count: 0 };
  if (found === null) return { ...none, text: name };
  const text = name.slice(found[0].length);
  const words = found[1]!.split(" ").filter((word) => word !== "");
  const numbers = NUMBERS.exec(words.at(-1) ?? "");
  const [index = 0, count = 0] = numbers?.slice(1).map(Number) ?? [];
  if (numbers === null) {
    const isInternal = words.at(-1) === "internal";
    if (isInternal) return { ...none, stage: "internal", target: words.at(-2) ?? "", text };
    return { ...none, target: words[0] ?? "", text };
  }
  const rest = words.slice(0, -1);
  const stage = rest.pop() ?? "";
  // A stage may have the form of a platform only if it is the last word.
  const platform = PLATFORM.test(rest.at(-1) ?? "") ? rest.pop()! : "";
  return { stage, platform, target: rest[0] ?? "", index, count, text };
}
