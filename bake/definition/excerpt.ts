/** An error with the lines of the file around it above. */
import { BakeError } from "../error.ts";
import type { Diagnostic, Range } from "../hcl/diagnostic.ts";

const RULE = "--------------------";

/** @param text of the file that the error is in; undefined when it is not at hand */
export function withExcerpt(error: Diagnostic, text: string | undefined): BakeError {
  const { subject } = error;
  if (subject === undefined) return new BakeError(error.message, { cause: error });
  const above = excerpt(subject, text ?? "");
  return new BakeError(error.message, { above, cause: error });
}

/** Two lines, or four where it is a single one that is wrong, taken before and behind in turns. */
function excerpt({ file, start, end }: Range, text: string): string[] {
  const lines = text.split("\n");
  let first = start.line, last = Math.min(end.line, lines.length);
  const padding = last === first ? 4 : 2;
  for (let taken = 0; taken < padding; taken++) {
    if (first > 1) {
      first--;
      taken++;
    }
    if (last < lines.length) {
      last++;
      taken++;
    }
  }
  const shown: string[] = [];
  for (let line = first; line <= last; line++) {
    const marked = line >= start.line && line <= end.line;
    const number = String(line).padStart(3);
    shown.push(` ${number} | ${marked ? ">>>" : "   "} ${lines[line - 1] ?? ""}`);
  }
  return [`${file}:${start.line}`, RULE, ...shown, RULE];
}
