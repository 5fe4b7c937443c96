/** A regular expression as RE2 has them: no look-around, no back references. */

export type Node =
  /** One code point; `fold` when its other case is as good. */
  | { readonly kind: "class"; readonly matches: (code: number) => boolean }
  | { readonly kind: "empty" }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "all"; readonly parts: readonly Node[] }
  | { readonly kind: "any"; readonly parts: readonly Node[] }
  | {
    readonly kind: "repeat";
    readonly of: Node;
    readonly least: number;
    /** Infinity for no limit. */
    readonly most: number;
    readonly greedy: boolean;
  }
  | { readonly kind: "group"; readonly of: Node; readonly index: number };

/** What is true of a place between two characters. */
export type Assertion =
  | "line start"
  | "line end"
  | "text start"
  | "text end"
  | "word edge"
  | "no word edge";

/** A pattern that is none; code and expression are those of Go's messages. */
export class PatternError extends Error {
  override readonly name = "PatternError";

  constructor(readonly code: string, readonly expression: string) {
    super(`error parsing regexp: ${code}: \`${expression}\``);
  }
}
