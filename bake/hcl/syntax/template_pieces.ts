/** Splits a template into a flat list of pieces, without the spaces that `~` and `<<-` remove. */
import { behind, between, Diagnostic, type Range } from "../diagnostic.ts";
import { trimSpace } from "../../../base/go/space.ts";
import { parseForHeader } from "./constructor_parser.ts";
import { parseExpression } from "./expression_parser.ts";
import type { Peeker } from "./peeker.ts";
import { unescape } from "./string_literal.ts";
import type { Piece } from "./template_parser.ts";
import { didYouMean, graphemes } from "../values/text.ts";
import { quote } from "../../../base/go/quote.ts";
import type { Token, TokenKind } from "./token.ts";

type Text = Extract<Piece, { kind: "text" }>;

/** @param flush whether to cut the common indentation of all lines */
export function readPieces(
  peeker: Peeker,
  end: TokenKind,
  flush = false,
): { pieces: Piece[]; range: Range } {
  const pieces: Piece[] = [];
  const start = peeker.nextRange;
  let trimNext = false;
  for (;;) {
    const token = peeker.read();
    if (token.kind === end) {
      if (pieces.length === 0) pieces.push({ kind: "text", text: "", range: behind(start) });
      pieces.push({ kind: "end", range: token.range });
      if (flush) cutIndent(pieces);
      return { pieces: joinTexts(pieces), range: between(start, token.range) };
    }
    const trim = trimNext;
    trimNext = false;
    if (token.kind === "text" || token.kind === "quoted text") {
      const text = unescape(token);
      pieces.push({
        kind: "text",
        text: trim ? trimSpace(text, { end: false }) : text,
        range: token.range,
      });
    } else if (token.kind === "${" || token.kind === "%{") {
      const last = pieces.at(-1);
      if (token.text.endsWith("~") && last?.kind === "text") {
        last.text = trimSpace(last.text, { start: false });
      }
      const [piece, close] = peeker.within(
        false,
        () =>
          token.kind === "${" ? interpolation(peeker, token, start, end) : directive(peeker, token),
      );
      pieces.push(piece);
      trimNext = close.text.startsWith("~");
    } else {
      throw new Diagnostic(
        "Unterminated template string",
        "No closing marker was found for the string.",
        token.range,
      );
    }
  }
}

function interpolation(
  peeker: Peeker,
  open: Token,
  start: Range,
  end: TokenKind,
): [Piece, Token] {
  const value = parseExpression(peeker);
  const close = peeker.peek();
  if (close.kind !== "template end") throw unclosed(close, start, end);
  peeker.read();
  return [{ kind: "value", value, range: between(open.range, close.range) }, close];
}

function unclosed({ kind, range }: Token, start: Range, end: TokenKind): Diagnostic {
  const nothing = "Unclosed template interpolation sequence";
  const extra = "Extra characters after interpolation expression";
  if (kind === "end of file") {
    return new Diagnostic(
      nothing,
      "There is no closing brace for this interpolation sequence before the end of the file. This " +
        "might be caused by incorrect nesting inside the given expression.",
      start,
    );
  }
  if (kind === ":") {
    return new Diagnostic(
      extra,
      "Template interpolation doesn't expect a colon at this location. Did you intend this to be a " +
        "literal sequence to be processed as part of another language? If so, you can escape it by " +
        'starting with "$${" instead of just "${".',
      range,
    );
  }
  if ((kind === "close quote" || kind === "open quote") && end === "close quote") {
    return new Diagnostic(
      nothing,
      "There is no closing brace for this interpolation sequence before the end of the quoted " +
        "template. This might be caused by incorrect nesting inside the given expression.",
      start,
    );
  }
  return new Diagnostic(
    extra,
    "Expected a closing brace to end the interpolation expression, but found extra characters.\n\n" +
      "This can happen when you include interpolation syntax for another language, such as shell " +
      "scripting, but forget to escape the interpolation start token. If this is an embedded " +
      'sequence for another language, escape it by starting with "$${" instead of just "${".',
    range,
  );
}

const keywords = ["if", "for", "else", "endif", "endfor"];

function directive(peeker: Peeker, open: Token): [Piece, Token] {
  const word = peeker.expect(
    "identifier",
    "Invalid template directive",
    'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.',
  );
  const range = () => between(open.range, peeker.nextRange);
  let piece: Piece;
  switch (word.text) {
    case "if": {
      const condition = parseExpression(peeker);
      piece = { kind: "if", condition, range: range() };
      break;
    }
    case "for": {
      const header = parseForHeader(peeker, "directive");
      piece = { kind: "for", header, range: range() };
      break;
    }
    case "else":
    case "endif":
    case "endfor":
      piece = { kind: word.text, range: range() };
      break;
    default:
      throw new Diagnostic(
        "Invalid template control keyword",
        `${quote(word.text)} is not a valid template control keyword.` +
          didYouMean(word.text, keywords),
        word.range,
      );
  }
  const detail = "Expected a closing brace to end the sequence, but found extra characters.";
  return [
    piece,
    peeker.expect("template end", `Extra characters in ${word.text} marker`, detail),
  ];
}

/**
 * Cuts the common indentation from the lines of a heredoc. Lines of spaces alone don't count. The
 * values of interpolations are not cut.
 */
function cutIndent(pieces: readonly Piece[]): void {
  let least = Infinity, lineStart = true;
  const lines: Text[] = [];
  for (const piece of pieces) {
    if (lineStart) {
      if (piece.kind === "end") break;
      lineStart = false;
      if (piece.kind !== "text") least = 0;
      else if (trimSpace(piece.text) !== "" || !piece.text.endsWith("\n")) {
        const indent = piece.text.length - trimSpace(piece.text, { end: false }).length;
        least = Math.min(least, graphemes(piece.text.slice(0, indent)).length);
        lines.push(piece);
      }
    }
    if (piece.kind === "text" && piece.text.endsWith("\n")) lineStart = true;
  }
  for (const line of lines) {
    line.text = graphemes(line.text).slice(least).join("");
    const { file, start, end } = line.range;
    line.range = { file, start: { line: start.line, column: start.column + least }, end };
  }
}

function joinTexts(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (piece.kind !== "text" || last?.kind !== "text") joined.push(piece);
    else {
      last.text += piece.text;
      last.range = between(last.range, piece.range);
    }
  }
  return joined;
}
