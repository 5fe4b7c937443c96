/** Runs `PLUGIN metadata`. */
import { errorText } from "../../base/error_text.ts";
import { describeEnding, hasFailed } from "../net/ending.ts";
import { outputOf } from "../net/process.ts";
import { bad, type Metadata, MetadataError, parseMetadata } from "./metadata.ts";

/** The longest metadata, in bytes. */
const METADATA_BYTES = 64 << 10;
/** How long `PLUGIN metadata` may run, in milliseconds. */
export const METADATA_MS = 2000;

/** Asks the plugin. Throws `MetadataError` if the output is too long, too late, or a failure. */
export async function askMetadata(path: string): Promise<Metadata> {
  const signal = AbortSignal.timeout(METADATA_MS);
  const use = { args: ["metadata"], longest: METADATA_BYTES, signal };
  const { ending, stdout, stderr } = await outputOf(path, use).catch((error) => {
    if (signal.aborted) throw bad(`'metadata' did not end within ${METADATA_MS / 1000} s`);
    if (error instanceof RangeError) {
      throw bad(`its metadata is longer than ${METADATA_BYTES} bytes`);
    }
    const problem = `it can't be started: ${errorText(error)}`;
    throw new MetadataError(problem, startHint(error), "internal");
  });
  if (hasFailed(ending)) throw bad(`'metadata' ${describeEnding(ending, stderr)}`);
  return parseMetadata(stdout);
}

/** The hint for a program that can't be started. */
export function startHint(error: unknown): string {
  return error instanceof Deno.errors.NotFound
    ? "the interpreter that its first line names is missing"
    : "it must be a program for this machine, or begin with #! and an interpreter";
}
