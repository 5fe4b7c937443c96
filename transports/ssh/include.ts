import { wildcards } from "./patterns.ts";
import type { SshSources } from "./config.ts";

/**
 * The files that an `Include` names: `*` and `?` in any part of the path, sorted by name as glob(7)
 * has it; a name that begins with a dot is met by a pattern that does so too.
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
      if (!/[*?]/.test(part)) return [`${path}/${part}`];
      const pattern = wildcards(part, true);
      return [...list(path || "/")].sort()
        .filter((entry) => pattern.test(entry) && (part.startsWith(".") || !entry.startsWith(".")))
        .map((entry) => `${path}/${entry}`);
    });
  }
  return paths;
}
