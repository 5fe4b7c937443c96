/** What a file, and each block in it, is to who reads it, whichever the syntax. */
import type { Range } from "./diagnostic.ts";
import type { Expression } from "./expression.ts";

export interface Body {
  /**
   * The attributes and blocks of these names; all else is not looked at. Throws a `Diagnostic` for
   * blocks with labels too many or too few.
   */
  content(schema: Schema): Content;
  /** The attributes but those of these names. Throws a `Diagnostic`. */
  attributesBut(names: ReadonlySet<string>): Map<string, Attribute>;
  /** Throws a `Diagnostic` for whatever the schema has not. */
  refuseOthers(schema: Schema): void;
  /** Where something that is not there would stand. */
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
  /** Throws a `Diagnostic`: a string of JSON is read as a template not before it is used. */
  readonly expression: Expression;
  /** The same read as a keyword, a type or a list of names: a string of JSON is then no template. */
  readonly fixed: Expression;
}

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly labelRanges: readonly Range[];
  /** Its head; in JSON the brace or bracket that it begins with. */
  readonly range: Range;
}
