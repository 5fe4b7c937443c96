/** Paths of the protocol: with `/`, whatever the platform. */

/** Go's path.Clean: no doubled slashes, no `.`, `..` resolved where something stands before it; `.` for nothing. */
export function clean(path: string): string {
  const absolute = path.startsWith("/");
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") out.push(part);
    else if (out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (!absolute) out.push("..");
  }
  return absolute ? `/${out.join("/")}` : out.join("/") || ".";
}

/** Go's path.Join: empty parts left out, then cleaned; empty when all are. */
export function join(...parts: string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "" : clean(joined);
}
