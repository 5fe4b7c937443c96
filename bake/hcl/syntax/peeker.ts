/** Reads tokens one after another. It skips comments, and newlines where they don't count. */
import { Diagnostic, type Range } from "../diagnostic.ts";
import type { Token, TokenKind } from "./token.ts";

/** The most levels of nesting. With more, the parser would run out of stack. */
const MAX_DEPTH = 300;

export class Peeker {
  #at = 0;
  #depth = 0;
  #newlines = true;
  /** The token that `peek` found. A change of the rules for newlines clears it. */
  #found: Token | undefined;
  #behind = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /** The next token. At the end of the file, the last token is repeated. */
  peek(): Token {
    return this.#found ??= this.#next();
  }

  read(): Token {
    const token = this.peek();
    this.#at = this.#behind;
    this.#found = undefined;
    return token;
  }

  /** Reads the next token if it is of that kind. */
  accept(kind: TokenKind): Token | undefined {
    return this.peek().kind === kind ? this.read() : undefined;
  }

  /** Reads the next token. Throws a {@link Diagnostic} if it is of another kind. */
  expect(kind: TokenKind, summary: string, detail: string): Token {
    const token = this.read();
    if (token.kind !== kind) throw new Diagnostic(summary, detail, token.range);
    return token;
  }

  get nextRange(): Range {
    return this.peek().range;
  }

  get previousRange(): Range {
    return this.#at === 0 ? this.nextRange : this.tokens[this.#at - 1]!.range;
  }

  /** Runs a part of the parser with or without newlines as tokens. */
  within<T>(newlines: boolean, parse: () => T): T {
    const before = this.#newlines;
    this.#newlines = newlines;
    this.#found = undefined;
    const result = parse();
    this.#newlines = before;
    this.#found = undefined;
    return result;
  }

  /** Runs a part of the parser that may call itself, and counts the levels. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) {
      const detail = `There are more than ${MAX_DEPTH} levels here.`;
      throw new Diagnostic("Nested too deeply", detail, this.nextRange);
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  #next(): Token {
    for (let i = this.#at; i < this.tokens.length; i++) {
      const token = this.tokens[i]!;
      this.#behind = i + 1;
      if (token.kind === "newline" && !this.#newlines) continue;
      if (token.kind !== "comment") return token;
      if (this.#newlines && token.text.endsWith("\n")) return { ...token, kind: "newline" };
    }
    this.#behind = this.tokens.length;
    return this.tokens.at(-1)!;
  }
}
