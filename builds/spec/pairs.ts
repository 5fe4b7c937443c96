import { UsageError } from "../../base/usage_error.ts";
import { csvFields } from "../../base/go/csv.ts";
import { quote } from "../../base/go/quote.ts";

/**
 * Reads lines of CSV whose fields are `key=value`, as `--driver-opt` takes them; a later key wins.
 * Throws `UsageError`.
 */
export function csvPairs(lines: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const field of lines.flatMap((line) => csvFields(line))) {
    const equals = field.indexOf("=");
    if (equals < 0) throw new UsageError(`invalid value ${quote(field)}, expecting k=v`);
    pairs[field.slice(0, equals)] = field.slice(equals + 1);
  }
  return pairs;
}
