import { BuilderError } from "./builder_error.ts";
import { adjectives, surnames } from "./name_words.ts";

/** buildx's rule for the names of builders and nodes. */
export function isValidName(name: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9._-]*$/.test(name);
}

/** A name is a file's in the store, and so are others made of it, such as a new node's. */
const LONGEST = 200;

/** The name in lower case, which is how files and nodes carry it. Throws `BuilderError`. */
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

/** `adjective_surname`, with a digit after it from the second try on. */
export function randomName(attempt: number): string {
  const pick = (words: readonly string[]) => words[random(words.length)]!;
  return `${pick(adjectives)}_${pick(surnames)}${attempt > 0 ? random(10) : ""}`;
}

function random(below: number): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! % below;
}
