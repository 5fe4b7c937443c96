/** The syntax tree of expressions. */
import type { Range } from "./diagnostic.ts";
import type { Value } from "./values/value.ts";

/** The part that all nodes have. */
interface Node<Kind extends string> {
  readonly kind: Kind;
  range: Range;
  /** A shorter range for errors, such as the first token. */
  readonly start?: Range;
}

export type Expression =
  | Node<"literal"> & { readonly value: Value }
  | Scope
  | Relative
  | Call
  | Conditional
  | Node<"index"> & {
    readonly source: Expression;
    readonly key: Expression;
    /** The range of the brackets. */
    readonly bracket: Range;
  }
  | Node<"tuple"> & { readonly items: readonly Expression[] }
  | Node<"object"> & { readonly items: readonly ObjectItem[] }
  | For
  | Splat
  | Node<"each"> & { readonly splat: symbol }
  | Binary
  | Node<"unary"> & { readonly operator: "-" | "!"; readonly operand: Expression }
  | Template
  /** `wrap` is a template of one interpolation, whose value keeps its type. */
  | Node<"wrap" | "parentheses"> & { readonly inner: Expression }
  /** The joined pieces of a `%{ for }`. */
  | Node<"join"> & { readonly tuple: For };

/** A name and the steps from its value: `a.b[0]`. */
export interface Scope extends Node<"scope"> {
  readonly root: string;
  readonly rootRange: Range;
  readonly steps: Step[];
}

/** Steps from the value of another expression. */
interface Relative extends Node<"relative"> {
  readonly source: Expression;
  readonly steps: Step[];
}

export type Step =
  | { readonly attribute: string; readonly key?: never; readonly range: Range }
  | { readonly attribute?: never; readonly key: Value; readonly range: Range };

export interface Call extends Node<"call"> {
  readonly name: string;
  readonly args: readonly Expression[];
  /** The last argument is a list of arguments. */
  readonly expand: boolean;
  readonly nameRange: Range;
  /** The ranges of the parentheses. */
  readonly open: Range;
  readonly close: Range;
}

export interface Conditional extends Node<"conditional"> {
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}

export interface ObjectItem {
  readonly key: Expression;
  /** Whether the key is in parentheses, so that a bare name is a variable. */
  readonly computed: boolean;
  readonly value: Expression;
  /** Whether a second item with this key is an error, as in JSON. In HCL the last item counts. */
  readonly unique?: boolean;
}

export interface For extends Node<"for"> {
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly source: Expression;
  /** The key of an object's attribute; undefined if the `for` makes a tuple. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly condition: Expression | undefined;
  readonly group: boolean;
}

export interface Splat extends Node<"splat"> {
  readonly source: Expression;
  /** The expression that is evaluated for each element. Its `each` is the element. */
  readonly body: Expression;
  /** The key that an `each` refers to. */
  readonly id: symbol;
}

export interface Binary extends Node<"binary"> {
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Template extends Node<"template"> {
  readonly parts: readonly Expression[];
}

export type BinaryOperator =
  | ("||" | "&&" | "==" | "!=" | "<" | ">" | "<=" | ">=")
  | ("+" | "-" | "*" | "/" | "%");

/** A short range that points at an expression, such as its first token. */
export function startRange(expression: Expression): Range {
  for (let node = expression;;) {
    if (node.kind === "conditional") node = node.condition;
    else if (node.kind === "binary") node = node.left;
    else if (node.kind === "template") node = node.parts[0]!;
    else return node.start ?? node.range;
  }
}

/** The name of an expression that is a name alone. `true`, `false` and `null` are names too. */
export function keyword(expression: Expression): string | undefined {
  if (expression.kind === "scope") {
    return expression.steps.length === 0 ? expression.root : undefined;
  }
  if (expression.kind !== "literal") return undefined;
  const { content } = expression.value;
  return content === null || typeof content === "boolean" ? String(content) : undefined;
}
