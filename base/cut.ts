/**
 * The text before the first `mark`, and the text after it, as Go's `strings.Cut`; undefined without
 * a mark.
 */
export function cut(text: string, mark: string): [before: string, after: string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}
