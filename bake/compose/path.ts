/** The path of a value in a model: keys from the top, and the index of a list's item or `[]`. */
export type Path = readonly string[];

/** A path with dots, in which `*` stands for any key. */
type Pattern = string;

const split = new Map<Pattern, readonly string[]>();

export function matches(path: Path, pattern: Pattern): boolean {
  let parts = split.get(pattern);
  if (parts === undefined) split.set(pattern, parts = pattern.split("."));
  return path.length === parts.length &&
    parts.every((part, at) => part === "*" || part === path[at]);
}

/** Returns the entry of the first pattern that matches. */
export function lookUp<T>(table: Readonly<Record<Pattern, T>>, path: Path): T | undefined {
  for (const pattern in table) if (matches(path, pattern)) return table[pattern];
  return undefined;
}

export function shown(path: Path): string {
  return path.join(".");
}
