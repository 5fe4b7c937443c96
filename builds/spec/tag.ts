import { referenceProblem } from "../../buildkit/registry/reference.ts";
import { UsageError } from "../../base/usage_error.ts";
import { quote } from "../../base/go/quote.ts";

/**
 * Checks the value of a `--tag`: `[registry[:port]/]name[:tag][@digest]`. The text stays as it was
 * typed, because the daemon normalises it. Throws `UsageError`, in buildx's words.
 */
export function checkTag(tag: string): string {
  const problem = referenceProblem(tag);
  if (problem !== undefined) {
    throw new UsageError(`invalid tag ${quote(tag)}: ${problem}`, tagHint(tag));
  }
  return tag;
}

const FORM = "a tag is [HOST[:PORT]/]NAME[:TAG], and NAME has a-z, 0-9, and . _ - / between them";

/** Suggests the nearest tag that is valid, if one is near. */
function tagHint(tag: string): string {
  const [, name = "", rest = ""] = /^(.*?)(:[^:/]*)?$/s.exec(tag)!;
  const near = `${name.toLowerCase().replace(/\s+/g, "-")}${rest.replace(/\s+/g, "-")}`;
  return near !== tag && referenceProblem(near) === undefined ? `did you mean ${near}?` : FORM;
}
