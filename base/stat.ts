import { maybe } from "./maybe.ts";
import { osReason } from "./os_reason.ts";
import { UsageError } from "./usage_error.ts";

/**
 * The file at a path; undefined for none. Throws `UsageError` for any other error of the system.
 * The call blocks: waiting for another thread takes ten times as long, and bake checks every
 * target.
 */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`cannot look at ${path}: ${osReason(error)}`);
  }
}

/** Whether there is a file or a folder at a path; false if that can't be found out. */
export function exists(path: string): boolean {
  return maybe(() => Deno.statSync(path)) !== undefined;
}

/** The names of a folder's entries; empty if it can't be read. */
export function namesIn(folder: string): string[] {
  return maybe(() => Array.from(Deno.readDirSync(folder), ({ name }) => name)) ?? [];
}

/** Whether a path leads to a folder; false if that can't be found out. */
export function isFolder(path: string): boolean {
  return maybe(() => Deno.statSync(path))?.isDirectory ?? false;
}

/** Whether a path leads to a regular file; false if that can't be found out. */
export function isFile(path: string): boolean {
  return maybe(() => Deno.statSync(path))?.isFile ?? false;
}
