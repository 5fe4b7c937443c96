/** Runs `PLUGIN metadata`. */
import { errorText } from "../../base/error_text.ts";
import { readUpTo } from "../../base/bytes.ts";
import { startChild } from "./child.ts";
import { describeEnding } from "./ending.ts";
import { onAbort, within } from "../../base/async.ts";
import { bad, type Metadata, MetadataError, parseMetadata } from "./metadata.ts";

/** The longest metadata, in bytes. */
const METADATA_BYTES = 64 << 10;
/** How long `PLUGIN metadata` may run, in milliseconds. */
export const METADATA_MS = 2000;
/** How long to wait for the end of a stopped process, in ms; most end at once. */
const STOP_MS = 300;

/** Asks the plugin. Throws `MetadataError`. */
export async function askMetadata(path: string): Promise<Metadata> {
  return parseMetadata(await runMetadata(path));
}

/** Reads the plugin's output. Throws `MetadataError` if it is too long, too late, or a failure. */
async function runMetadata(path: string): Promise<string> {
  let child;
  try {
    child = startChild(path, { args: ["metadata"] });
  } catch (error) {
    throw new MetadataError(
      `it can't be started: ${errorText(error)}`,
      startHint(error),
      "internal",
    );
  }
  const { stream, ended, gone } = child;
  const late = AbortSignal.timeout(METADATA_MS);
  using _ = onAbort(late, () => stream.close());
  try {
    // The plugin gets no input, so its stdin ends at once.
    void stream.closeWrite();
    const bytes = await readUpTo(stream, METADATA_BYTES + 1);
    if (bytes.length > METADATA_BYTES) {
      throw bad(`its metadata is longer than ${METADATA_BYTES} bytes`);
    }
    const ending = await ended;
    if (late.aborted) throw new Error("late");
    if (ending.code !== 0 || ending.signal !== undefined) {
      throw bad(`'metadata' ${describeEnding(ending, child.stderr())}`);
    }
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (late.aborted) throw bad(`'metadata' did not end within ${METADATA_MS / 1000} s`);
    throw error;
  } finally {
    stream.close();
    await within(gone, STOP_MS);
  }
}

/** The hint for a program that can't be started. */
export function startHint(error: unknown): string {
  return error instanceof Deno.errors.NotFound
    ? "the interpreter that its first line names is missing"
    : "it must be a program for this machine, or begin with #! and an interpreter";
}
