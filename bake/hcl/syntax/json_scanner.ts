/** Splits JSON into tokens with ranges. Wrong tokens are accepted: the parser explains them. */
import type { Position, Range } from "../diagnostic.ts";
import { countGraphemes } from "../values/text.ts";

export interface JsonToken {
  readonly kind:
    | ("{" | "}" | "[" | "]" | "," | ":" | "=")
    | ("keyword" | "string" | "number" | "end of file" | "invalid");
  readonly text: string;
  readonly range: Range;
}

const blank = /[ \n\r\t]+/y;
/** A string. A control character ends it, and the parser checks its escapes. */
const string = /"(?:\\[\\"]|\\(?![\\"])|[ !#-[\]-\u{10ffff}])*"?/uy;
const number = /[-+.0-9][-+.eE0-9]*/y;
const keyword = /[a-zA-Z][a-zA-Z_]*/y;
const sign = /[{}[\],:=]/y;

/** All tokens. The last one is `end of file`, or `invalid`. */
export function scanJson(text: string, file: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  let at = 0, line = 1, column = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const emit = (kind: JsonToken["kind"], taken: string, columns = taken.length) => {
    const start: Position = { line, column };
    at += taken.length;
    column += columns;
    tokens.push({ kind, text: taken, range: { file, start, end: { line, column } } });
  };
  const skip = (taken: string) => {
    at += taken.length;
    for (const character of taken) {
      if (character === "\n") {
        line++;
        column = 1;
      } else if (character !== "\r") column += character === "\t" ? 2 : 1;
    }
  };
  while (at < text.length) {
    let taken: string | undefined;
    if ((taken = take(blank)) !== undefined) skip(taken);
    else if ((taken = take(string)) !== undefined) emit("string", taken, countGraphemes(taken));
    else if ((taken = take(sign)) !== undefined) emit(taken as "{", taken);
    else if ((taken = take(number)) !== undefined) emit("number", taken);
    else if ((taken = take(keyword)) !== undefined) emit("keyword", taken);
    else {
      emit("invalid", text[at]!, 1);
      break;
    }
  }
  emit("end of file", "");
  return tokens;
}
