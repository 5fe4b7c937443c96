/** Adds the lines of the file to errors. */
import { excerpt } from "../../base/excerpt.ts";
import { BakeError } from "../error.ts";
import type { Diagnostic } from "../hcl/diagnostic.ts";

/** @param text the file's text; undefined when it is unknown */
export function withExcerpt(error: Diagnostic, text: string | undefined): BakeError {
  const { subject } = error;
  if (subject === undefined) return new BakeError(error.message, { cause: error });
  const { file, start: { line: first }, end: { line: last } } = subject;
  const isMarked = (line: number) => first <= line && line <= last;
  const above = excerpt({ file, first, last, isMarked }, (text ?? "").split("\n"));
  return new BakeError(error.message, { above, cause: error });
}
