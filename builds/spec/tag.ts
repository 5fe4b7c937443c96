import { referenceProblem } from "../../buildkit/registry/reference.ts";
import { UsageError } from "../../base/usage_error.ts";
import { quote } from "../../base/go/quote.ts";

/**
 * Checks the value of a `--tag`: `[registry[:port]/]name[:tag][@digest]`. The text stays as it was typed,
 * because the daemon normalises it. Throws `UsageError`, in buildx's words.
 */
export function checkTag(tag: string): string {
  const problem = referenceProblem(tag);
  if (problem !== undefined) throw new UsageError(`invalid tag ${quote(tag)}: ${problem}`);
  return tag;
}
