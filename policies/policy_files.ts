/** The folder of a policy. No path and no link may lead outside the folder. */
import { readUpTo } from "../base/bytes.ts";
import { abortable } from "../base/async.ts";
import { osReason } from "../base/os_reason.ts";
import { isBelow } from "../base/paths.ts";
import { PolicyFileError, type PolicyFiles } from "./policy.ts";

/**
 * The problem of a path outside the folder, in the words of Go's `os.Root`; undefined for a valid
 * path.
 */
export function pathProblem(path: string): string | undefined {
  const isLocal = path !== "" && !path.startsWith("/") &&
    !path.split("/").some((part) => part === "" || part === ".." || part === ".");
  return isLocal ? undefined : "invalid argument";
}

/**
 * Reads regular files below `folder`, an absolute path. A link may not lead out.
 * @param shown the folder in messages
 */
export function localFiles(folder: string, signal: AbortSignal, shown = "."): PolicyFiles {
  return async (path, limit) => {
    const problem = pathProblem(path);
    if (problem !== undefined) throw new PolicyFileError("stat", `stat ${path}: ${problem}`);
    try {
      const root = await Deno.realPath(folder);
      const real = await Deno.realPath(`${root}/${path}`);
      if (!isBelow(real, root)) {
        throw new PolicyFileError("stat", `statat ${path}: path escapes from parent`);
      }
      const { isFile, isDirectory } = await Deno.stat(real);
      // Only a regular file is opened, because a pipe could block forever.
      if (!isFile) {
        const kind = isDirectory ? "is a directory" : "not a regular file";
        throw new PolicyFileError("read", `read ${shown}/${path}: ${kind}`);
      }
      using file = await Deno.open(real);
      return await abortable(readAtMost(file, limit), signal);
    } catch (error) {
      if (signal.aborted || error instanceof PolicyFileError) throw error;
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new PolicyFileError("stat", `statat ${path}: ${osReason(error)}`);
    }
  };
}

async function readAtMost(file: Deno.FsFile, limit: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  return await readUpTo(file, Math.min(size, limit));
}
