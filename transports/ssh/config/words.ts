/**
 * Splits a line into words, as OpenSSH's client does. Quotes of either kind hold spaces and may
 * begin inside a word. A backslash escapes a quote, a backslash or, outside of quotes, a space. A
 * word that begins with `#` begins a comment. Returns undefined where a quote isn't closed.
 */
export function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  for (let at = 0; at < text.length;) {
    if (text[at] === "#") break;
    if (isSpace(text[at])) {
      at++;
      continue;
    }
    let word = "";
    let quote = "";
    for (; at < text.length && (quote !== "" || !isSpace(text[at])); at++) {
      const [char, next = ""] = [text[at]!, text[at + 1]];
      const escapes = next === "'" || next === '"' || next === "\\" || quote === "" && next === " ";
      if (char === "\\" && escapes) word += text[++at];
      else if (quote === "" && (char === "'" || char === '"')) quote = char;
      else if (char === quote) quote = "";
      else word += char;
    }
    if (quote !== "") return undefined;
    words.push(word);
  }
  return words;
}

function isSpace(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
