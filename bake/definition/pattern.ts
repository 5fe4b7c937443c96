/** Patterns of names, in the form of Go's `path.Match`: `*`, `?`, `[a-z]`, `[^a]`, `\\`. */
import { BadPattern, pathMatch } from "../../base/go/path_match.ts";

/** Whether an argument is a pattern. */
export function isPattern(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/** A pattern as a test of names; undefined for one that is malformed. */
export function compilePattern(pattern: string): ((name: string) => boolean) | undefined {
  try {
    pathMatch(pattern, "");
  } catch (error) {
    if (error instanceof BadPattern) return undefined;
    throw error;
  }
  return (name) => pathMatch(pattern, name);
}
