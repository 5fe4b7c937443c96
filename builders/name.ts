import { BuilderError } from "./builder_error.ts";
import { adjectives, surnames } from "./name_words.ts";

/** Checks a builder's or a node's name by buildx's rule. */
export function isValidName(name: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9._-]*$/.test(name);
}

/** The longest name, in characters: names of files are made of it. */
const LONGEST = 200;

/** Gives the name in lower case, as files and nodes have it. Throws `BuilderError`. */
export function validateName(name: string): string {
  if (!isValidName(name)) {
    throw new BuilderError(
      `invalid name ${name}, name needs to start with a letter and may not contain symbols, except ._-`,
    );
  }
  if (name.length > LONGEST) {
    throw new BuilderError(
      `invalid name: ${name.length} characters are too many for a file, ${LONGEST} is the most`,
    );
  }
  return name.toLowerCase();
}

/** Makes up a name, `adjective_surname`; a digit follows from the second try on. */
export function randomName(attempt: number): string {
  const pick = (words: readonly string[]) => words[random(words.length)]!;
  return `${pick(adjectives)}_${pick(surnames)}${attempt > 0 ? random(10) : ""}`;
}

function random(below: number): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! % below;
}
