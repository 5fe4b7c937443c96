import type { Range } from "../diagnostic.ts";

/** Kinds of tokens; punctuation is named by its characters. */
export type TokenKind =
  | "identifier"
  | "number"
  | "comment"
  | "newline"
  | "end of file"
  | "open quote"
  | "close quote"
  | "quoted text"
  | "quoted newline"
  | "open heredoc"
  | "close heredoc"
  | "text"
  | "${"
  | "%{"
  | "template end"
  | "invalid"
  | "bad encoding"
  | Punctuation;

export type Punctuation =
  | ("{" | "}" | "[" | "]" | "(" | ")" | "." | "," | "*" | "/" | "%" | "+" | "-" | "=" | "<" | ">")
  | ("!" | "?" | ":" | "&" | "|" | "~" | "^" | ";" | "`" | "'")
  | ("==" | "!=" | ">=" | "<=" | "&&" | "||" | "::" | "..." | "=>");

export interface Token {
  readonly kind: TokenKind;
  /** The text of the token in the file. */
  readonly text: string;
  readonly range: Range;
}
