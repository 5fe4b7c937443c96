/**
 * Matches OpenSSH's pattern lists: `*`, `?`, and `!` before a pattern that must not match. Case
 * counts where `exact` is set: in `Host`, and in values that are no host names.
 */
export function matchesPatterns(
  text: string,
  patterns: readonly string[],
  { exact = false } = {},
): boolean {
  const folded = (value: string) => exact ? value : value.toLowerCase();
  const subject = folded(text);
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (!matches(subject, folded(negated ? pattern.slice(1) : pattern))) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/**
 * Whether a pattern with `*` and `?` matches a whole text. The time is at most proportional to the
 * text's length times the pattern's, because patterns also come from a host's certificate.
 */
function matches(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  /** The pattern's position after its last star, and the end of that star's text so far. */
  let star: { readonly next: number; at: number } | undefined;
  while (at < text.length) {
    if (pattern[next] === "*") {
      star = { next: ++next, at };
    } else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === text[at])) {
      next++;
      at++;
    } else if (star !== undefined) {
      // The star matches one more character.
      next = star.next;
      at = ++star.at;
    } else return false;
  }
  while (pattern[next] === "*") next++;
  return next === pattern.length;
}
