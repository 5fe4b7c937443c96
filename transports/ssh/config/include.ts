import type { SshSources } from "./config.ts";

/**
 * Finds the files that an `Include` names, sorted by name, as glob(7) does. `*`, `?` and `[a-z]`
 * may be in any part of the path. Only a pattern that begins with a dot matches a name that does.
 * @param base the folder of relative names
 */
export function filesOf(
  name: string,
  base: string,
  { home, list }: Pick<SshSources, "home" | "list">,
): string[] {
  const whole = name.startsWith("~/")
    ? home + name.slice(1)
    : name.startsWith("/")
    ? name
    : `${base}/${name}`;
  let paths = [""];
  for (const part of whole.split("/").slice(1)) {
    paths = paths.flatMap((path) => {
      if (!/[*?[]/.test(part)) return [`${path}/${part}`];
      const pattern = globOf(part);
      return [...list(path || "/")].sort()
        .filter((entry) => pattern.test(entry) && (part.startsWith(".") || !entry.startsWith(".")))
        .map((entry) => `${path}/${entry}`);
    });
  }
  return paths;
}

function globOf(part: string): RegExp {
  const source = part.replace(/\[(!?)(\]?[^\]]*)\]|[^\w]/g, (sign, not?: string, set?: string) => {
    if (set !== undefined) return `[${not && "^"}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
    return sign === "*" ? ".*" : sign === "?" ? "." : `\\u{${sign.codePointAt(0)!.toString(16)}}`;
  });
  try {
    return new RegExp(`^${source}$`, "us");
  } catch {
    return /^$/; // a range in the wrong order matches nothing
  }
}
