/** Paths as text, with `/` between their parts; on Windows `\` too. Pure. */

const windows = Deno.build.os === "windows";

/** `path` seen from `cwd`, without `.`, `..` and doubled separators. */
export function absolutePath(path: string, cwd: string): string {
  const slashed = windows ? path.replaceAll("\\", "/") : path;
  const base = windows ? cwd.replaceAll("\\", "/") : cwd;
  const absolute = slashed.startsWith("/") || (windows && /^[A-Za-z]:\//.test(slashed));
  const parts: string[] = [];
  for (const part of (absolute ? slashed : `${base}/${slashed}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const joined = parts.join("/");
  return windows && /^[A-Za-z]:/.test(joined) ? joined : `/${joined}`;
}

/** The folder that an absolute path lies in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/**
 * Whether a path does not depend on the working folder. On Windows `\\x` and `C:\\x` are such
 * paths.
 */
export function isAbsolute(path: string): boolean {
  return windows ? /^([A-Za-z]:)?[\\/]/.test(path) : path.startsWith("/");
}

/** Whether an absolute path lies below a folder, and isn't that folder. */
export function isBelow(path: string, folder: string): boolean {
  if (windows) [path, folder] = [path.replaceAll("\\", "/"), folder.replaceAll("\\", "/")];
  const base = folder.replace(/\/+$/, "");
  return path.startsWith(`${base}/`) && /[^/]/.test(path.slice(base.length));
}

/** The folder of any path, as Go's `path.Dir`: `.` for a bare name. */
export function folderOf(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
}

/** The last part of an absolute path; `/` of the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1) || "/";
}

/** A path without `.`, doubled separators, and `..` behind a name; `.` for nothing at all. */
export function cleanPath(path: string): string {
  const root = path.startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (root === "") parts.push("..");
  }
  return root + parts.join("/") || ".";
}

/**
 * A path relative to a folder if the path lies in the folder, or is the folder's parent (as in
 * buildx). All other paths, and remote addresses, stay as they are.
 */
export function relativeTo(folder: string, path: string): string {
  if (!isAbsolute(folder) || !isAbsolute(path)) return path;
  const from = partsOf(folder);
  const to = partsOf(path);
  let common = 0;
  while (common < from.length && from[common] === to[common]) common++;
  if (windows && common === 0) return path;
  const up = from.length - common;
  const rest = to.slice(common);
  if (up > 1 || (up === 1 && rest.length > 0)) return path;
  return [...Array(up).fill(".."), ...rest].join("/") || ".";
}

function partsOf(path: string): string[] {
  const separator = windows ? /[\\/]+/ : /\/+/;
  return path.split(separator).filter((part) => part !== "" && part !== ".");
}
