import { UsageError } from "../../base/usage_error.ts";
import { Diagnostic, type Range } from "../hcl/diagnostic.ts";
import { limitOf } from "../hcl/evaluate.ts";

/** Runs a function, and gives its errors a position in the file. */
export function located<T>(summary: string, range: Range, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof UsageError) throw new Diagnostic(summary, error.message, range);
    const reason = limitOf(error);
    if (reason === undefined) throw error;
    throw new Diagnostic("Out of bounds", `This can't be evaluated: ${reason}.`, range);
  }
}
