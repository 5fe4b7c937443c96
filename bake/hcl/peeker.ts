/** Reads tokens one after another; comments are skipped, and newlines where they mean nothing. */
import { Diagnostic, type Range } from "./diagnostic.ts";
import type { Token, TokenKind } from "./token.ts";

/** Deeper than this nothing may nest: who reads it would run out of stack before memory. */
const MAX_DEPTH = 300;

export class Peeker {
  #at = 0;
  #depth = 0;
  readonly #newlines = [true];

  constructor(private readonly tokens: readonly Token[]) {}

  /** The next token; the last one, at the end of the file, comes for ever. */
  peek(): Token {
    return this.#next()[0];
  }

  read(): Token {
    const [token, next] = this.#next();
    this.#at = next;
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
    this.#newlines.push(newlines);
    try {
      return parse();
    } finally {
      this.#newlines.pop();
    }
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

  #next(): [Token, number] {
    const newlines = this.#newlines.at(-1)!;
    for (let i = this.#at; i < this.tokens.length; i++) {
      const token = this.tokens[i]!;
      if (token.kind === "newline" && !newlines) continue;
      if (token.kind !== "comment") return [token, i + 1];
      if (newlines && token.text.endsWith("\n")) return [{ ...token, kind: "newline" }, i + 1];
    }
    return [this.tokens.at(-1)!, this.tokens.length];
  }
}
