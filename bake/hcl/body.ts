/** The interface of a file's body and of each block's body, in either syntax. */
import type { Diagnostic, Range } from "./diagnostic.ts";
import type { Expression } from "./expression.ts";

export interface Body {
  /**
   * The attributes and blocks of these names. All others are ignored. Throws a `Diagnostic` for
   * blocks with too many or too few labels.
   */
  content(schema: Schema): Content;
  /** All attributes except those of these names. Throws a `Diagnostic`. */
  attributesBut(names: ReadonlySet<string>): Map<string, Attribute>;
  /** An error for each attribute and block that the schema does not have. Throws a `Diagnostic`. */
  others(schema: Schema): Diagnostic[];
  /** The range that an error about a missing attribute or block points at. */
  readonly missingRange: Range;
}

export interface Schema {
  readonly attributes?: readonly string[];
  /** Types of blocks, with the names of their labels. */
  readonly blocks?: ReadonlyMap<string, readonly string[]>;
}

export interface Content {
  readonly attributes: Map<string, Attribute>;
  readonly blocks: Block[];
}

export interface Attribute {
  readonly name: string;
  readonly range: Range;
  readonly nameRange: Range;
  /** Throws a `Diagnostic`. A JSON string is parsed as a template lazily, on first use. */
  readonly expression: Expression;
  /** The expression as a keyword, a type or a list of names: a JSON string is no template here. */
  readonly fixed: Expression;
}

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly labelRanges: readonly Range[];
  /** The range of the block's head; in JSON, of its first brace or bracket. */
  readonly range: Range;
}
