/** A breakpoint's condition: `stage == "build" && platform != "linux/arm64"`. */

/** The surroundings of a stop. */
export interface Place {
  /** The stage's name; empty for one without a name. */
  readonly stage: string;
  /** `linux/amd64`; empty where it is not known. */
  readonly platform: string;
}

/** Whether a stop is meant. */
export type Condition = (place: Place) => boolean;

/** Reads a condition; an Error says what is wrong with it. */
export function parseCondition(text: string): Condition | Error {
  const tests: Condition[] = [];
  for (const part of text.split("&&")) {
    const [, name = "", operator, value = ""] =
      /^\s*(stage|platform)\s*(==|!=)\s*["']?([\w./-]*)["']?\s*$/.exec(part) ?? [];
    if (operator === undefined) {
      return new Error(
        `invalid condition: ${text}; write it like stage == "build" && platform != "linux/arm64"`,
      );
    }
    const key = name as keyof Place;
    tests.push((place) => (place[key] === value) === (operator === "=="));
  }
  return (place) => tests.every((test) => test(place));
}
