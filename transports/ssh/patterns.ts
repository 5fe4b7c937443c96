/**
 * OpenSSH's pattern lists: `*` and `?`, and `!` before what must not match. Case counts where `exact`
 * is set: in `Host`, and in what is no host's name.
 */
export function matchesPatterns(
  text: string,
  patterns: readonly string[],
  { exact = false } = {},
): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (!wildcards(negated ? pattern.slice(1) : pattern, exact).test(text)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** A pattern with `*` and `?` as a whole text. */
export function wildcards(pattern: string, exact = false): RegExp {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, exact ? "" : "i");
}
