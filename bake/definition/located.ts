import { UsageError } from "../../base/usage_error.ts";
import { Diagnostic, type Range } from "../hcl/diagnostic.ts";
import { withinLimits } from "../hcl/evaluate.ts";

/** Runs a function, and gives its errors a position in the file. */
export function located<T>(summary: string, range: Range, run: () => T): T {
  try {
    return withinLimits(range, run);
  } catch (error) {
    if (error instanceof UsageError) throw new Diagnostic(summary, error.message, range);
    throw error;
  }
}
