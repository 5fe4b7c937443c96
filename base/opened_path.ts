import { absolutePath, parentOf } from "./paths.ts";

/**
 * Where `path`, seen from `cwd`, leads when the system opens it: `link/..` is the folder above what
 * the link leads to, not the one that the link lies in. What isn't there stands as it is typed.
 * Windows takes `..` by the text alone.
 */
export function openedPath(path: string, cwd: string): string {
  const parts = (path.startsWith("/") ? path : `${cwd}/${path}`).split("/");
  if (Deno.build.os === "windows" || !parts.includes("..")) return absolutePath(path, cwd);
  let at = "";
  for (const part of parts) {
    if (part === "..") at = parentOf(realPath(at || "/"));
    else if (part !== "" && part !== ".") at = `${at === "/" ? "" : at}/${part}`;
  }
  return at || "/";
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}
