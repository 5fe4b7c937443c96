/** Reads tokens one after another; comments are skipped, and newlines where they mean nothing. */
import { Diagnostic, type Range } from "./diagnostic.ts";
import type { Token, TokenKind } from "./token.ts";

/** Deeper than this nothing may nest: who reads it would run out of stack before memory. */
const MAX_DEPTH = 300;

export class Peeker {
  #at = 0;
  #depth = 0;
  #newlines = true;
  /** What `peek` found, until something changes what that is. */
  #found: Token | undefined;
  #behind = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /** The next token; the last one, at the end of the file, comes for ever. */
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

  get nextRange(): Range {
    return this.peek().range;
  }

  get previousRange(): Range {
    return this.#at === 0 ? this.nextRange : this.tokens[this.#at - 1]!.range;
  }

  /** Runs a part of the parser for which newlines count, or don't. */
  within<T>(newlines: boolean, parse: () => T): T {
    const before = this.#newlines;
    this.#newlines = newlines;
    this.#found = undefined;
    const result = parse();
    this.#newlines = before;
    this.#found = undefined;
    return result;
  }

  /** Runs a part of the parser that may contain itself. */
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
