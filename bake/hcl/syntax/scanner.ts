/**
 * Splits text into tokens. A string has an opening quote, its text, and a closing quote. `${` and
 * `%{` begin the tokens of an expression, which may contain strings again. So the scanner has a
 * stack of modes, and counts braces.
 */
import { trimSpace } from "../../../base/go/space.ts";
import { Diagnostic, type Position, type Range } from "../diagnostic.ts";
import { countGraphemes, graphemes } from "../values/text.ts";
import type { Punctuation, Token, TokenKind } from "./token.ts";

interface Mode {
  readonly kind: "expression" | "quoted" | "heredoc" | "bare";
  /** The number of open braces at which the closing brace of this expression comes. */
  readonly braces?: number;
  readonly marker?: string;
  startOfLine?: boolean;
}

const spaces = /[ \t]+/y;
const number = /\d(?:(?:[.\d]|[eE][+-]?\d)*(?:\d|[eE][+-]?\d))?/y;
/** The pattern of most names, which is faster than the pattern of all names. */
const asciiName = /[a-zA-Z_][\w-]*(?![\w\-\u0080-\uffff])/y;
const identifier = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const comment = /(?:#|\/\/)[^\n]*\n?|\/\*[^]*?\*\//y;
const lineComment = /(?:#|\/\/)[^\n]*\n?/y;
const newline = /\r?\n/y;
const heredoc = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;
const punctuation = /\.\.\.|=>|==|!=|>=|<=|&&|\|\||::|[[\]().,*/%+\-=<>!?:&|~^;`']/y;
const opener = /[$%]\{~?/y;
/** Pieces of text with `$` or `%`: doubled before a brace, or without a brace. */
const escapedOpener = /(?:\$\$|%%)\{~?|[$%](?!\{)/y;
const quotedText = /(?:\\[^\r\n\ufffd]|[^$%"\\\r\n\ufffd])+/y;
const quotedNewline = /[\r\n]+/y;
const heredocText = /[^$%\r\n\ufffd]+/y;
const bareText = /[^$%\ufffd\n]*\n?/y;
const any = /[^]/uy;

/** The mode of the first token: a file or an expression, or the inside of a string. */
type ScanMode = "expression" | "bare";

/**
 * Returns all tokens; the last one is `end of file`. Throws a {@link Diagnostic} for the first
 * token that is not part of the language.
 * @param broken whether U+FFFD stands in the text for bytes that were not UTF-8
 */
export function scan(
  text: string,
  file: string,
  start: Position = { line: 1, column: 1 },
  kind: ScanMode = "expression",
  broken = false,
): Token[] {
  const tokens: Token[] = [];
  const modes: Mode[] = [{ kind }];
  let at = 0, braces = 0;
  let { line, column } = start;
  /** The offset behind which no comment closes. Without it, the time would grow with the square. */
  const lastClose = text.lastIndexOf("*/");
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.test(text) && pattern.lastIndex > at
      ? text.slice(at, pattern.lastIndex)
      : undefined;
  };
  const emit = (kind: TokenKind, taken: string) => {
    const from = { line, column };
    advance(taken);
    const token: Token = { kind, text: taken, range: { file, start: from, end: { line, column } } };
    const error = errorOf(token);
    if (error !== undefined) throw error;
    tokens.push(token);
  };
  const advance = (taken: string) => {
    at += taken.length;
    const last = taken.lastIndexOf("\n");
    if (last < 0) column += countGraphemes(taken);
    else {
      for (let i = 0; i <= last; i++) if (taken[i] === "\n") line++;
      column = 1 + countGraphemes(taken.slice(last + 1));
    }
  };
  const bad = (taken: string): TokenKind =>
    broken && taken === "\ufffd" ? "bad encoding" : "invalid";

  const expression = (mode: Mode) => {
    let taken: string | undefined;
    if ((taken = take(spaces)) !== undefined) {
      at += taken.length;
      column += taken.length;
    } else if (
      (taken = take(asciiName)) !== undefined || (taken = take(identifier)) !== undefined
    ) {
      emit("identifier", taken);
    } else if ((taken = take(newline)) !== undefined) emit("newline", taken);
    else if ((taken = take(number)) !== undefined) emit("number", taken);
    else if (text[at] === '"') {
      emit("open quote", '"');
      modes.push({ kind: "quoted" });
    } else if (text[at] === "{") {
      emit("{", "{");
      braces++;
    } else if (text[at] === "}" || text.startsWith("~}", at)) {
      const closer = text[at] === "}" ? "}" : "~}";
      const closes = mode.braces === braces;
      emit(closes || closer === "~}" ? "template end" : "}", closer);
      braces--;
      if (closes) modes.pop();
    } else if ((taken = take(at + 2 <= lastClose ? comment : lineComment)) !== undefined) {
      emit("comment", taken);
    } else if ((taken = take(heredoc)) !== undefined) {
      emit("open heredoc", taken);
      const marker = taken.replace(/^<<-?/, "").trimEnd();
      modes.push({ kind: "heredoc", marker, startOfLine: true });
    } else if ((taken = take(punctuation)) !== undefined) emit(taken as Punctuation, taken);
    else emit(bad(taken = take(any)!), taken);
  };

  /** Reads `${` or `%{`, if it is next. */
  const template = (mode: Mode): boolean => {
    const taken = take(opener);
    if (taken === undefined) return false;
    emit(taken.startsWith("$") ? "${" : "%{", taken);
    if (mode.kind === "heredoc") mode.startOfLine = false;
    modes.push({ kind: "expression", braces: ++braces });
    return true;
  };

  const quoted = () => {
    let taken: string | undefined;
    if (text[at] === '"') {
      emit("close quote", '"');
      modes.pop();
    } else if ((taken = take(quotedText) ?? take(escapedOpener)) !== undefined) {
      emit("quoted text", taken);
    } else if ((taken = take(quotedNewline)) !== undefined) emit("quoted newline", taken);
    else emit(bad(taken = take(any)!), taken);
  };

  const inHeredoc = (mode: Mode) => {
    const taken = take(heredocText) ?? take(escapedOpener) ?? "";
    at += taken.length;
    const end = take(newline);
    at -= taken.length;
    if (end === undefined) {
      mode.startOfLine = false;
      if (taken !== "") emit("text", taken);
      else emit(bad(text[at]!), text[at]!);
      return;
    }
    if (mode.startOfLine && trimSpace(taken) === mode.marker) {
      emit("close heredoc", taken);
      emit("newline", end);
      modes.pop();
      return;
    }
    mode.startOfLine = true;
    emit("text", taken + end);
  };

  const bare = () => {
    const taken = take(bareText) ?? take(escapedOpener) ?? text[at]!;
    emit(broken && taken === "\ufffd" ? "bad encoding" : "text", taken);
  };

  if (at === 0 && text.startsWith("\ufeff")) at = 1;
  while (at < text.length) {
    const mode = modes.at(-1)!;
    if (mode.kind === "expression") expression(mode);
    else if (template(mode)) continue;
    else if (mode.kind === "quoted") quoted();
    else if (mode.kind === "heredoc") inHeredoc(mode);
    else bare();
  }
  emit("end of file", "");
  return tokens;
}

const bitwise = (hint: string): [string, string] => [
  "Unsupported operator",
  `Bitwise operators are not supported.${hint}`,
];
const curlyQuotes =
  '"Curly quotes" are not valid here. These can sometimes be inadvertently introduced ' +
  "when sharing code via documents or discussion forums. It might help to replace the " +
  'character with a "straight quote".';

/** The errors of tokens that are not part of the language. */
const refused: Partial<Record<TokenKind, [summary: string, detail: string]>> = {
  "&": bitwise(' Did you mean boolean AND ("&&")?'),
  "|": bitwise(' Did you mean boolean OR ("||")?'),
  "~": bitwise(' Did you mean boolean NOT ("!")?'),
  "^": bitwise(""),
  "bad encoding": [
    "Invalid character encoding",
    "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.",
  ],
  "quoted newline": [
    "Invalid multi-line string",
    "Quoted strings may not be split over multiple lines. To produce a multi-line string, " +
    'either use the \\n escape to represent a newline character or use the "heredoc" ' +
    "multi-line template syntax.",
  ],
  "`": [
    "Invalid character",
    'The "`" character is not valid. To create a multi-line string, use the "heredoc" ' +
    'syntax, like "<<EOT".',
  ],
  "'": [
    "Invalid character",
    'Single quotes are not valid. Use double quotes (") to enclose strings.',
  ],
  ";": [
    "Invalid character",
    'The ";" character is not valid. Use newlines to separate arguments and blocks, and ' +
    "commas to separate items in collection values.",
  ],
  invalid: ["Invalid character", "This character is not used within the language."],
};

function errorOf({ kind, text, range }: Token): Diagnostic | undefined {
  const reason = refused[kind];
  if (reason === undefined) return undefined;
  const [summary, detail] = reason;
  return new Diagnostic(summary, /[\u201c\u201d]/.test(text) ? curlyQuotes : detail, range);
}

/** The position behind a text that starts at a position. */
function positionAfter(start: Position, text: string): Position {
  let { line, column } = start;
  for (const character of graphemes(text)) {
    if (/[\r\n]/.test(character)) {
      line++;
      column = 1;
    } else column++;
  }
  return { line, column };
}

/** A range of a token's text, from one offset to another. */
export function part({ text, range }: Token, from: number, to: number): Range {
  const start = positionAfter(range.start, text.slice(0, from));
  return { file: range.file, start, end: positionAfter(start, text.slice(from, to)) };
}
