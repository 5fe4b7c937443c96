import type { SshSources } from "./config.ts";

/**
 * The files that an `Include` names: `*`, `?` and `[a-z]` in any part of the path, sorted by name, as
 * glob(7) has it; a name that begins with a dot is met by a pattern that does so too.
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
    return /^$/; // a range from behind to the front meets nothing
  }
}
