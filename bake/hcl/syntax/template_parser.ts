/**
 * Parses strings: quoted strings, heredocs, and strings of JSON. The parser first makes a flat list
 * of pieces (text, interpolations, directives) and trims spaces at `~`. Then it makes trees of `if`
 * and `for`.
 */
import {
  before,
  behind,
  between,
  Diagnostic,
  type Position,
  type Range,
  rangeText,
} from "../diagnostic.ts";
import type { Expression, For, Template } from "../expression.ts";
import { Peeker } from "./peeker.ts";
import { scan } from "./scanner.ts";
import { readPieces } from "./template_pieces.ts";
import { stringOf } from "../values/value.ts";

/** Parses the inside of a JSON string. Throws a {@link Diagnostic}. */
export function parseTemplateText(text: string, file: string, start: Position): Expression {
  const peeker = new Peeker(scan(text, file, start, "bare"));
  const { pieces, range } = readPieces(peeker, "end of file");
  return assemble(pieces, range);
}

/** Parses a string, from its opening quote or heredoc marker on. Throws a {@link Diagnostic}. */
export function parseTemplate(peeker: Peeker): Expression {
  const open = peeker.read();
  const end = open.kind === "open quote" ? "close quote" : "close heredoc";
  const { pieces } = readPieces(peeker, end, open.text.startsWith("<<-"));
  return assemble(pieces, between(open.range, peeker.previousRange));
}

/** A piece of a template. The last piece is its end. */
export type Piece =
  | { readonly kind: "text"; text: string; range: Range }
  | { readonly kind: "value"; readonly value: Expression; readonly range: Range }
  | { readonly kind: "if"; readonly condition: Expression; readonly range: Range }
  | {
    readonly kind: "for";
    readonly header: Pick<For, "keyName" | "valueName" | "source">;
    readonly range: Range;
  }
  | { readonly kind: "else" | "endif" | "endfor"; readonly range: Range }
  | { readonly kind: "end"; readonly range: Range };

function assemble(pieces: readonly Piece[], range: Range): Expression {
  const [only] = pieces;
  if (pieces.length === 2 && only!.kind === "value") {
    return { kind: "wrap", inner: only!.value, range };
  }
  const reader = new PieceReader(pieces);
  const parts: Expression[] = [];
  while (reader.peek().kind !== "end") parts.push(parsePiece(reader));
  return { kind: "template", parts, range };
}

class PieceReader {
  #at = 0;
  #depth = 0;
  constructor(private readonly pieces: readonly Piece[]) {}

  peek(): Piece {
    return this.pieces[this.#at]!;
  }

  read(): Piece {
    const piece = this.peek();
    if (piece.kind !== "end") this.#at++;
    return piece;
  }

  nested<T>(parse: () => T): T {
    if (++this.#depth > 100) {
      const detail = "There are more than 100 levels of directives here.";
      throw new Diagnostic("Nested too deeply", detail, this.peek().range);
    }
    const result = parse();
    this.#depth--;
    return result;
  }
}

const unbalanced = "The control directives within this template are unbalanced.";

function parsePiece(reader: PieceReader): Expression {
  const piece = reader.read();
  switch (piece.kind) {
    case "text":
      return { kind: "literal", value: stringOf(piece.text), range: piece.range };
    case "value":
      return piece.value;
    case "if":
      return reader.nested(() => parseIf(reader, piece));
    case "for":
      return reader.nested(() => parseFor(reader, piece));
    case "end":
      throw new Diagnostic("Unexpected end of template", unbalanced, piece.range);
    default:
      throw new Diagnostic(`Unexpected ${piece.kind} directive`, unbalanced, piece.range);
  }
}

function parseIf(reader: PieceReader, open: Extract<Piece, { kind: "if" }>): Expression {
  const yes: Expression[] = [], no: Expression[] = [];
  let parts = yes;
  for (;;) {
    const next = reader.peek();
    if (next.kind === "endif") break;
    if (next.kind === "end") throw missingEnd("if", open.range, next.range);
    if (next.kind === "endfor") {
      throw new Diagnostic(
        "Unexpected endfor directive",
        `Expecting an endif directive for the if started at ${rangeText(open.range)}.`,
        next.range,
      );
    }
    if (next.kind !== "else") parts.push(parsePiece(reader));
    else if (parts === yes) {
      parts = no;
      reader.read();
    } else {
      throw new Diagnostic(
        "Unexpected else directive",
        `Already in the else clause for the if started at ${rangeText(open.range)}.`,
        next.range,
      );
    }
  }
  const end = reader.read();
  return {
    kind: "conditional",
    condition: open.condition,
    yes: group(yes, behind(open.range)),
    no: group(no, before(end.range)),
    range: between(open.range, end.range),
  };
}

function parseFor(reader: PieceReader, open: Extract<Piece, { kind: "for" }>): Expression {
  const parts: Expression[] = [];
  for (;;) {
    const next = reader.peek();
    if (next.kind === "endfor") break;
    if (next.kind === "end") throw missingEnd("for", open.range, next.range);
    if (next.kind === "else" || next.kind === "endif") {
      const detail = next.kind === "else"
        ? "An else clause is not expected for a for directive."
        : "Expecting an endfor directive corresponding to the for directive at " +
          `${rangeText(open.range)}.`;
      throw new Diagnostic(`Unexpected ${next.kind} directive`, detail, next.range);
    }
    parts.push(parsePiece(reader));
  }
  const range = between(open.range, reader.read().range);
  const tuple: For = {
    kind: "for",
    ...open.header,
    key: undefined,
    value: group(parts, behind(open.range)),
    condition: undefined,
    group: false,
    range,
    start: open.range,
  };
  return { kind: "join", tuple, range, start: open.range };
}

function missingEnd(what: "if" | "for", open: Range, end: Range): Diagnostic {
  return new Diagnostic(
    "Unexpected end of template",
    `The ${what} directive at ${
      rangeText(open)
    } is missing its corresponding end${what} directive.`,
    end,
  );
}

function group(parts: readonly Expression[], nothing: Range): Template {
  if (parts.length === 0) parts = [{ kind: "literal", value: stringOf(""), range: nothing }];
  const range = between(parts[0]!.range, parts.at(-1)!.range);
  return { kind: "template", parts, range };
}
