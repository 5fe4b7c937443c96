/** What expressions are parsed to, each with its place. */
import { between, type Range } from "./diagnostic.ts";
import type { Value } from "./value.ts";

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
  /** A template that is one interpolation: its value as it is. */
  | { readonly kind: "wrap"; readonly inner: Expression; readonly range: Range }
  /** `%{ for }`: its pieces joined. */
  | { readonly kind: "join"; readonly tuple: For; readonly range: Range }
  | { readonly kind: "parentheses"; readonly inner: Expression; readonly range: Range };

/** A name, and what is taken of it: `a.b[0]`. */
export interface Scope {
  readonly kind: "scope";
  readonly root: string;
  readonly rootRange: Range;
  readonly steps: Step[];
  range: Range;
}

/** The same of a value that is no name. */
export interface Relative {
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
  /** In parentheses: a bare name is a variable, not a key. */
  readonly computed: boolean;
  readonly value: Expression;
  /** Of JSON: the same key twice is an error; otherwise the last one counts. */
  readonly unique?: boolean;
}

export interface For {
  readonly kind: "for";
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly source: Expression;
  /** There when it makes an object. */
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
  /** Evaluated for each element, which is its `each`. */
  readonly body: Expression;
  /** Tells whose `each` one is. */
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

/** A short range that points at an expression: where it begins, or what is typical of it. */
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

/** The name that an expression is, if it is nothing but one; `true`, `false` and `null` are names. */
export function keyword(of: Expression): string | undefined {
  if (of.kind === "scope") return of.steps.length === 0 ? of.root : undefined;
  if (of.kind !== "literal") return undefined;
  const { content } = of.value;
  return content === null || typeof content === "boolean" ? String(content) : undefined;
}
