import { osReason } from "./os_reason.ts";
import { UsageError } from "./usage_error.ts";

/**
 * What a path leads to; undefined for nothing. Throws `UsageError` when the system does not say. The
 * call blocks: to wait for another thread takes ten times as long, and bake looks at every target.
 */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`cannot look at ${path}: ${osReason(error)}`);
  }
}
