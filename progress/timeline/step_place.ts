/**
 * The part of a build that a step belongs to, as BuildKit's Dockerfile frontend writes it before a
 * step's name.
 */
export interface StepPlace {
  /**
   * The stage: a name, or `stage-2` for one without a name; `internal` for steps of the frontend;
   * else empty.
   */
  readonly stage: string;
  /**
   * `linux/arm64` in builds for several platforms, `linux/amd64->arm64` for one that is
   * cross-built; else empty.
   */
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

/**
 * Reads `[linux/arm64 app 2/3] RUN make`, `[internal] load build context`, and the same behind a
 * target of bake: `[web app 2/3] …`, `[web] exporting to image`.
 */
export function placeOf(name: string): StepPlace {
  const found = BRACKETS.exec(name);
  const none = { stage: "", platform: "", target: "", index: 0, count: 0 };
  if (found === null) return { ...none, text: name };
  const text = name.slice(found[0].length);
  const words = found[1]!.split(" ").filter((word) => word !== "");
  const numbers = NUMBERS.exec(words.at(-1) ?? "");
  const [index = 0, count = 0] = numbers?.slice(1).map(Number) ?? [];
  const isInternal = numbers === null && words.at(-1) === "internal";
  if (numbers === null && !isInternal) return { ...none, target: words[0] ?? "", text };
  const rest = words.slice(0, -1);
  // A platform has a slash, as in `linux/amd64->arm64`, and no name of a stage or target has one.
  const isPlatform = () => rest.at(-1)?.includes("/") ?? false;
  // The frontend doesn't name the only stage.
  const stage = isInternal ? "internal" : isPlatform() ? "" : rest.pop() ?? "";
  const platform = isPlatform() ? rest.pop()! : "";
  return { stage, platform, target: rest[0] ?? "", index, count, text };
}

/**
 * As `placeOf`, for the steps of one build. In a bake, a step of a target with a single stage has
 * the target in the stage's place: `[web 2/3] RUN make`. Other steps name the target, which tells
 * them apart.
 */
export function placesOf(names: readonly string[]): (name: string) => StepPlace {
  const targets = new Set(names.map((name) => placeOf(name).target));
  return (name) => {
    const place = placeOf(name);
    const isTarget = place.target === "" && place.stage !== "" && targets.has(place.stage);
    return isTarget ? { ...place, target: place.stage, stage: "" } : place;
  };
}
