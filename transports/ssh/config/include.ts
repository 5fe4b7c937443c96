import { BadPattern, pathMatch } from "../../../base/go/path_match.ts";
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
      const pattern = goPattern(part);
      return [...list(path || "/")].sort()
        .filter((entry) =>
          matches(pattern, entry) && (part.startsWith(".") || !entry.startsWith("."))
        )
        .map((entry) => `${path}/${entry}`);
    });
  }
  return paths;
}

/** A pattern of glob(7) in the form of Go's. A bracket that nothing closes means itself. */
function goPattern(part: string): string {
  return part.replace(/\[([!^]?)(\]?[^\]]*)\]|\[/g, (_, not?: string, set?: string) => {
    if (set === undefined) return "\\[";
    return `[${not && "^"}${set.replace(/^[\]-]|-$/g, "\\$&")}]`;
  });
}

function matches(pattern: string, name: string): boolean {
  try {
    return pathMatch(pattern, name);
  } catch (error) {
    if (error instanceof BadPattern) return false;
    throw error;
  }
}
