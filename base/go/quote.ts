const names: Record<string, string> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** A string as Go's `%q` prints it: in double quotes, with unprintable characters escaped. */
export function quote(text: string): string {
  return `"${escape(text, '"')}"`;
}

/** A character as Go's `%q` prints it: `'x'`. */
export function quoteRune(character: string): string {
  return `'${escape(character, "'")}'`;
}

function escape(text: string, mark: string): string {
  let out = "";
  for (const character of text) {
    if (character === mark) out += "\\" + mark;
    else if (names[character] !== undefined) out += names[character];
    else if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) out += character;
    else out += codePoint(character.codePointAt(0)!);
  }
  return out;
}

function codePoint(code: number): string {
  const hex = code.toString(16);
  if (code < 0x80) return "\\x" + hex.padStart(2, "0");
  if (code < 0x10000) return "\\u" + hex.padStart(4, "0");
  return "\\U" + hex.padStart(8, "0");
}
