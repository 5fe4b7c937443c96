/** Patterns of names in the form of Go's `path.Match`: `*`, `?`, `[a-z]`, `[^a]`, `\` before any. */

/** Whether an argument is a pattern. */
export function isPattern(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/** A pattern as a test of names; undefined for one that is malformed. */
export function compilePattern(pattern: string): RegExp | undefined {
  const part = /\*|\?|\\(.)|\[(\^?)((?:\\?[^\]\\-](?:-\\?[^\]\\-])?)+)\]|[^*?[\\]/suy;
  let source = "";
  for (let at = 0; at < pattern.length;) {
    part.lastIndex = at;
    const found = part.exec(pattern);
    if (found === null) return undefined;
    const [text, escaped, negated, members] = found;
    if (text === "*") source += "[^/]*";
    else if (text === "?") source += "[^/]";
    else if (members !== undefined) source += `[${negated}${members.replace(/[[&~]/g, "\\$&")}]`;
    else source += literal(escaped ?? text);
    at = part.lastIndex;
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    return undefined; // a range that runs backwards
  }
}

function literal(character: string): string {
  return /[a-zA-Z0-9_]/.test(character)
    ? character
    : `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
