/** The syntax tree of expressions. Each node has its range. */
import { between, type Range } from "./diagnostic.ts";
import type { Value } from "./values/value.ts";

export type Expression =
  | { readonly kind: "literal"; readonly value: Value; readonly range: Range }
  | Scope
  | Relative
  | Call
  | Conditional
  | {
    readonly kind: "index";
    readonly source: Expression;
    readonly key: Expression;
    readonly range: Range;
    readonly bracket: Range;
    readonly open: Range;
  }
  | {
    readonly kind: "tuple";
    readonly items: readonly Expression[];
    readonly range: Range;
    readonly open: Range;
  }
  | {
    readonly kind: "object";
    readonly items: readonly ObjectItem[];
    readonly range: Range;
    readonly open: Range;
  }
  | For
  | Splat
  | { readonly kind: "each"; readonly splat: symbol; readonly range: Range }
  | Binary
  | {
    readonly kind: "unary";
    readonly operator: "-" | "!";
    readonly operand: Expression;
    readonly range: Range;
    readonly symbol: Range;
  }
  | Template
  /** A template of one interpolation, whose value keeps its type. */
  | { readonly kind: "wrap"; readonly inner: Expression; readonly range: Range }
  /** The joined pieces of a `%{ for }`. */
  | { readonly kind: "join"; readonly tuple: For; readonly range: Range }
  | { readonly kind: "parentheses"; readonly inner: Expression; readonly range: Range };

/** A name and the steps from its value: `a.b[0]`. */
export interface Scope {
  readonly kind: "scope";
  readonly root: string;
  readonly rootRange: Range;
  readonly steps: Step[];
  range: Range;
}

/** Steps from the value of another expression. */
interface Relative {
  readonly kind: "relative";
  readonly source: Expression;
  readonly steps: Step[];
  range: Range;
}

export type Step =
  | { readonly attribute: string; readonly key?: never; readonly range: Range }
  | { readonly attribute?: never; readonly key: Value; readonly range: Range };

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
  /** The last argument is a list of arguments. */
  readonly expand: boolean;
  readonly nameRange: Range;
  readonly open: Range;
  readonly close: Range;
  readonly range: Range;
}

export interface Conditional {
  readonly kind: "conditional";
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
  readonly range: Range;
}

export interface ObjectItem {
  readonly key: Expression;
  /** Whether the key is in parentheses, so that a bare name is a variable. */
  readonly computed: boolean;
  readonly value: Expression;
  /** Whether a second item with this key is an error, as in JSON. In HCL the last item counts. */
  readonly unique?: boolean;
}

export interface For {
  readonly kind: "for";
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly source: Expression;
  /** The key of an object's attribute; undefined if the `for` makes a tuple. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly condition: Expression | undefined;
  readonly group: boolean;
  readonly range: Range;
  readonly open: Range;
}

export interface Splat {
  readonly kind: "splat";
  readonly source: Expression;
  /** The expression that is evaluated for each element. Its `each` is the element. */
  readonly body: Expression;
  /** The key that an `each` refers to. */
  readonly id: symbol;
  readonly range: Range;
  readonly marker: Range;
}

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly range: Range;
}

export interface Template {
  readonly kind: "template";
  readonly parts: readonly Expression[];
  readonly range: Range;
}

export type BinaryOperator =
  | ("||" | "&&" | "==" | "!=" | "<" | ">" | "<=" | ">=")
  | ("+" | "-" | "*" | "/" | "%");

/** A short range that points at an expression, such as its first token. */
export function startRange(of: Expression): Range {
  for (;;) {
    switch (of.kind) {
      case "call":
        return between(of.nameRange, of.open);
      case "conditional":
        of = of.condition;
        break;
      case "binary":
        of = of.left;
        break;
      case "template":
        of = of.parts[0]!;
        break;
      case "join":
        return of.tuple.open;
      case "index":
      case "tuple":
      case "object":
      case "for":
        return of.open;
      case "splat":
        return of.marker;
      case "unary":
        return of.symbol;
      default:
        return of.range;
    }
  }
}

/** The name of an expression that is a name alone. `true`, `false` and `null` are names too. */
export function keyword(of: Expression): string | undefined {
  if (of.kind === "scope") return of.steps.length === 0 ? of.root : undefined;
  if (of.kind !== "literal") return undefined;
  const { content } = of.value;
  return content === null || typeof content === "boolean" ? String(content) : undefined;
}
