import { isAbsolute } from "../../base/paths.ts";

/**
 * A path as seen from a folder, if it is in it (or the folder's own parent, as with buildx); else as
 * it stands. Remote addresses stay as they are.
 */
export function relativeTo(folder: string, path: string): string {
  if (!isAbsolute(folder) || !isAbsolute(path)) return path;
  const from = parts(folder);
  const to = parts(path);
  let common = 0;
  while (common < from.length && from[common] === to[common]) common++;
  if (Deno.build.os === "windows" && common === 0) return path;
  const up = from.length - common;
  const rest = to.slice(common);
  if (up > 1 || (up === 1 && rest.length > 0)) return path;
  return [...Array(up).fill(".."), ...rest].join("/") || ".";
}

function parts(path: string): string[] {
  const separator = Deno.build.os === "windows" ? /[\\/]+/ : /\/+/;
  return path.split(separator).filter((part) => part !== "" && part !== ".");
}
