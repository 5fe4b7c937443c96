/** A breakpoint's condition: `stage == "build" && platform != "linux/arm64"`. */

/** The facts about a stop on which a condition depends. */
export interface StopFacts {
  /** The stage's name; empty for one without a name. */
  readonly stage: string;
  /** `linux/amd64`; empty where it is not known. */
  readonly platform: string;
}

/** Whether a stop is meant. */
export type Condition = (stop: StopFacts) => boolean;

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
    const key = name as keyof StopFacts;
    tests.push((stop) => (stop[key] === value) === (operator === "=="));
  }
  return (stop) => tests.every((test) => test(stop));
}
