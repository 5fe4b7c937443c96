/** The folder of a policy. No path and no link may lead outside the folder. */
import { abortable } from "../base/async.ts";
import { isBelow } from "../base/paths.ts";
import type { PolicyFiles } from "./policy.ts";

/** The problem of a path outside the folder, in the words of Go's `os.Root`; undefined for a valid path. */
export function pathProblem(path: string): string | undefined {
  const isLocal = path !== "" && !path.startsWith("/") &&
    !path.split("/").some((part) => part === "" || part === ".." || part === ".");
  return isLocal ? undefined : "invalid argument";
}

/** Reads regular files below `folder`, an absolute path. A link may not lead out. */
export function localFiles(folder: string, signal: AbortSignal): PolicyFiles {
  return async (path, limit) => {
    if (pathProblem(path) !== undefined) return undefined;
    try {
      const root = await Deno.realPath(folder);
      const real = await Deno.realPath(`${root}/${path}`);
      if (!isBelow(real, root)) return undefined;
      // Only a regular file is opened, because a pipe would block for ever.
      if (!(await Deno.stat(real)).isFile) return undefined;
      using file = await Deno.open(real);
      return await abortable(readAtMost(file, limit), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  };
}

async function readAtMost(file: Deno.FsFile, limit: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.min(size, limit));
  let at = 0;
  while (at < bytes.length) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}
