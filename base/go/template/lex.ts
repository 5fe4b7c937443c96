import { TemplateError } from "./template_error.ts";

/** A word of a template: text between actions, or a piece of an action. */
export interface Token {
  readonly kind:
    | "text"
    | "open"
    | "close"
    | "field"
    | "variable"
    | "word"
    | "string"
    | "character"
    | "number"
    | "mark";
  /** The word as written; for a string or character, its value; for text, the printed text. */
  readonly text: string;
  /** Set when white space stands before it: `.A .B` is two operands, `.A.B` one. */
  readonly spaced: boolean;
  /** The place in the source, for errors. */
  readonly at: number;
}

type Pieces = readonly (readonly [Token["kind"], RegExp])[];

/** Unicode's letters take a millisecond to look up, so a source in ASCII uses a simpler pattern. */
function piecesOf(source: string): Pieces {
  const [letter, digit] = /^[\0-\x7f]*$/.test(source) ? ["A-Za-z", "0-9"] : ["\\p{L}", "\\p{N}"];
  return [
    ["field", new RegExp(`\\.[${letter}_][${letter}${digit}_]*`, "uy")],
    ["variable", new RegExp(`\\$[${letter}${digit}_]*`, "uy")],
    ["word", new RegExp(`[${letter}_][${letter}${digit}_]*`, "uy")],
    ["number", /[-+]?(?:0[xob][0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)/iy],
    ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
    ["character", /'(?:[^'\\]|\\[^])[^']*'/uy],
    ["mark", /:=|[.|()=,]/y],
  ];
}

/**
 * Splits a template as Go's text/template does: text, and actions between `{{` and `}}`. `{{- ` and
 * ` -}}` take away the white space before and after the action. Comments are dropped.
 */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  const pieces = piecesOf(source);
  let at = 0;
  let trim = false;
  while (at < source.length) {
    const open = source.indexOf("{{", at);
    const end = open < 0 ? source.length : open;
    const trimEnd = open >= 0 && /^\{\{-\s/.test(source.slice(open, open + 4));
    let text = source.slice(at, end);
    if (trim) text = text.trimStart();
    if (trimEnd) text = text.trimEnd();
    if (text !== "") tokens.push({ kind: "text", text, spaced: false, at });
    if (open < 0) break;
    ({ at, trim } = lexAction(source, open, open + (trimEnd ? 3 : 2), { tokens, pieces }));
  }
  return tokens;
}

interface Lexing {
  readonly tokens: Token[];
  readonly pieces: Pieces;
}

function lexAction(source: string, open: number, start: number, { tokens, pieces }: Lexing) {
  const comment = /\s*\/\*[\s\S]*?\*\/\s*?(\s-)?\}\}/y;
  comment.lastIndex = start;
  const found = comment.exec(source);
  if (found) return { at: comment.lastIndex, trim: found[1] !== undefined };
  tokens.push({ kind: "open", text: "{{", spaced: false, at: open });
  let at = start;
  while (true) {
    const space = /\s*/y;
    space.lastIndex = at;
    const spaced = space.exec(source)![0] !== "";
    at = space.lastIndex;
    const trim = spaced && source.startsWith("-}}", at);
    if (trim || source.startsWith("}}", at)) {
      tokens.push({ kind: "close", text: "}}", spaced, at });
      return { at: at + (trim ? 3 : 2), trim };
    }
    if (at >= source.length) throw new TemplateError(`unclosed action${where(source, open)}`);
    const token = piece(pieces, source, at, spaced);
    if (token === undefined) {
      const character = String.fromCodePoint(source.codePointAt(at)!);
      throw new TemplateError(
        character === '"' || character === "`"
          ? `unterminated quoted string${where(source, at)}`
          : `unexpected ${JSON.stringify(character)}${where(source, at)}`,
      );
    }
    const isQuoted = token.kind === "string" || token.kind === "character";
    tokens.push(isQuoted ? { ...token, text: unquote(token.text) } : token);
    at += token.text.length;
  }
}

function piece(
  pieces: Pieces,
  source: string,
  at: number,
  spaced: boolean,
): Token | undefined {
  for (const [kind, pattern] of pieces) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text, spaced, at };
  }
  return undefined;
}

function unquote(text: string): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", '"': '"', "'": "'" };
  return text.slice(1, -1).replace(
    /\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g,
    (_, code: string) =>
      code.length > 1
        ? String.fromCharCode(parseInt(code.slice(1), 16))
        : escapes[code] ?? (code === "\\" ? "\\" : `\\${code}`),
  );
}

/** ` at line 1, column 3`. */
export function where(source: string, at: number): string {
  const before = source.slice(0, at).split("\n");
  return ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
