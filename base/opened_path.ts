import { absolutePath, parentOf } from "./paths.ts";
import { realPath } from "./real_path.ts";

/**
 * `path`, seen from `cwd`, as the system opens it, without `..`: `link/..` becomes the folder above
 * the link's destination. Other links stay in the path, so that messages show names that users
 * know. `realPath` resolves them, too. Windows resolves `..` by the text alone.
 */
export function openedPath(path: string, cwd: string): string {
  const parts = (path.startsWith("/") ? path : `${cwd}/${path}`).split("/");
  if (Deno.build.os === "windows" || !parts.includes("..")) return absolutePath(path, cwd);
  let at = "";
  for (const part of parts) {
    if (part === "..") at = parentOf(realPath(at, "/").path);
    else if (part !== "" && part !== ".") at = `${at === "/" ? "" : at}/${part}`;
  }
  return at || "/";
}
