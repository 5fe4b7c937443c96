/** White space in Go's sense. JavaScript's also has the byte order mark, and lacks `\x85`. */
const SPACE = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** Whether a character is white space, as Go's `unicode.IsSpace`. */
export function isSpace(character: string): boolean {
  return SPACE.test(character);
}

/** The text without the white space at its ends, as Go's `strings.TrimSpace`. */
export function trimSpace(text: string, { start = true, end = true } = {}): string {
  let from = 0, to = text.length;
  while (start && from < to && isSpace(text[from]!)) from++;
  while (end && to > from && isSpace(text[to - 1]!)) to--;
  return text.slice(from, to);
}
