const windows = Deno.build.os === "windows";

/** True for a path that doesn't depend on the working folder. */
export function isAbsolute(path: string): boolean {
  return windows ? /^([A-Za-z]:)?[\\/]/.test(path) : path.startsWith("/");
}

/** True when `path` lies beneath `folder`; both absolute. */
export function isWithin(folder: string, path: string): boolean {
  const base = folder.replace(/[\\/]+$/, "");
  return path.startsWith(base) && /^[\\/]+[^\\/]/.test(path.slice(base.length));
}
